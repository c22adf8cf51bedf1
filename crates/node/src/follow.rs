//! A node outside the validators' mesh.

use crate::{config::NodeConfig, data_dir::DataDir, run::Base};
use althing_engine::Context;
use eyre::{Result, bail};

pub(crate) async fn run(_: Context, _: NodeConfig, _: DataDir, _: Base) -> Result<()> {
    bail!("following is not there yet")
}
