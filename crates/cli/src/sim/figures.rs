//! `althing sim figures`: what a network costs, as a table and as a picture.

use crate::{
    Exit,
    failure::Failure,
    machine::Facts,
    page::{Page, markdown},
    report::{Report, table},
    terminal::Progress,
};
use althing_sim::{Figure, Sizes, figure};
use clap::Args as ClapArgs;
use plotters::prelude::{
    ChartBuilder, Color as _, DrawingArea, DrawingAreaErrorKind, DrawingBackend, IntoDrawingArea as _,
    LineSeries, RGBColor, SVGBackend, WHITE,
};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// What is measured, and where it is written.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// Sizes of committees; every node is a member.
    #[arg(long, value_delimiter = ',', default_value = "4,12,24")]
    members: Vec<usize>,
    /// Nodes, when there are more than members; then `--members` is one number.
    #[arg(long)]
    nodes: Option<usize>,
    /// Epochs of each quiet run.
    #[arg(long, default_value_t = 1)]
    epochs: u64,
    /// Seed of all runs.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write the picture into this SVG file.
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    /// Write the table into this page, between the markers of this command.
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
}

/// Measures and shows.
pub(crate) fn run(args: &Args) -> Result<Report, Failure> {
    // Before anything is written, which would be a change since the commit.
    let facts = Facts::gather(command(args));
    let page = args.page.clone().map(|path| Page::open(path, "althing sim figures")).transpose()?;
    let progress = Progress::start();
    let mut figures = Vec::new();
    for members in &args.members {
        let nodes = args.nodes.unwrap_or(*members);
        progress.step(format!("{members} members of {nodes} nodes"));
        let sizes = Sizes { nodes, members: *members, epochs: args.epochs };
        let measured = figure(sizes, args.seed);
        figures.push(measured.map_err(|error| Failure::new(Exit::Failure, error.to_string()))?);
    }
    progress.finish();
    if let Some(path) = &args.plot {
        let picture = plot(&figures).map_err(|error| Failure::new(Exit::Failure, error))?;
        fs::write(path, picture).map_err(Failure::io("write", path))?;
    }
    if let Some(page) = page {
        page.write(&section(args, &facts, &page, &figures))?;
    }
    let json = serde_json::to_value(&figures).expect("figures are JSON");
    Ok(Report::new(json, table(&HEADER, figures.iter().map(row))))
}

const HEADER: [&str; 12] = [
    "members",
    "of",
    "final p50",
    "p95",
    "p99",
    "interval",
    "votes",
    "blocks",
    "transactions",
    "resharing",
    "recovery",
    "CPU",
];

/// What decides about figures, as a command line.
fn command(args: &Args) -> String {
    let members: Vec<_> = args.members.iter().map(ToString::to_string).collect();
    let nodes = args.nodes.map_or(String::new(), |nodes| format!(" --nodes {nodes}"));
    let (members, seed, epochs) = (members.join(","), args.seed, args.epochs);
    format!("althing sim figures --members {members}{nodes} --epochs {epochs} --seed {seed}")
}

/// What stands between the markers of a page.
fn section(args: &Args, facts: &Facts, page: &Page, figures: &[Figure]) -> String {
    let Facts { commit, build, cores, memory, processor, date, command, .. } = facts;
    let epochs = args.epochs;
    let picture = args
        .plot
        .as_ref()
        .map(|file| relative(file, page.path()))
        .map_or(String::new(), |file| format!("\n![time to finality and bytes by members]({file})\n"));
    format!(
        "`{command}` at {commit}, {build} build, {date}, on {cores} cores ({processor}), {memory}. \
         {epochs} epoch(s) each, ten deeds of clients a second. Bytes are sent by a node for a block; resharing for an \
         epoch; recovery is the time from the end of a cut in two halves to the next final block; CPU is that of all \
         nodes for a block.\n\n{}{picture}",
        markdown(&HEADER, figures.iter().map(row))
    )
}

/// A file as a page names it: both are named from the folder that the command runs in.
fn relative(file: &Path, page: &Path) -> String {
    let up = page.parent().filter(|_| file.is_relative()).map_or(0, |folder| folder.components().count());
    format!("{}{}", "../".repeat(up), file.display())
}

fn row(of: &Figure) -> Vec<String> {
    let ms = |ms: u64| format!("{ms} ms");
    let kb = |bytes: u64| format!("{:.1} kB", bytes as f64 / 1_000.0);
    let [p50, p95, p99] = of.finality_ms;
    vec![
        of.members.to_string(),
        of.nodes.to_string(),
        ms(p50),
        ms(p95),
        ms(p99),
        ms(of.block_ms),
        kb(of.votes_bytes),
        kb(of.blocks_bytes),
        kb(of.transactions_bytes),
        kb(of.resharing_bytes),
        ms(of.recovery_ms),
        ms(of.cpu_ms),
    ]
}

/// A line of a picture.
type Line<'a> = (&'a str, RGBColor, Vec<(f64, f64)>);

const SIZE: (u32, u32) = (960, 380);
const BLUE: RGBColor = RGBColor(31, 99, 181);
const GREEN: RGBColor = RGBColor(44, 140, 73);
const RED: RGBColor = RGBColor(196, 60, 48);

fn plot(figures: &[Figure]) -> Result<String, String> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        let draw = || -> Result<(), DrawingAreaErrorKind<std::io::Error>> {
            area.fill(&WHITE)?;
            let (left, right) = area.split_horizontally(SIZE.0 / 2);
            let line = |of: fn(&Figure) -> f64| -> Vec<(f64, f64)> {
                figures.iter().map(|figure| (figure.members as f64, of(figure))).collect()
            };
            let latency = [
                ("median", BLUE, line(|figure| figure.finality_ms[0] as f64)),
                ("95th percentile", GREEN, line(|figure| figure.finality_ms[1] as f64)),
                ("99th percentile", RED, line(|figure| figure.finality_ms[2] as f64)),
            ];
            chart(&left, "from a block's time to its finality, ms", &latency)?;
            let bytes = [
                ("votes", BLUE, line(|figure| figure.votes_bytes as f64 / 1_000.0)),
                ("blocks", GREEN, line(|figure| figure.blocks_bytes as f64 / 1_000.0)),
                ("resharing, an epoch", RED, line(|figure| figure.resharing_bytes as f64 / 1_000.0)),
            ];
            chart(&right, "sent by a node for a block, kB", &bytes)?;
            area.present()
        };
        draw().map_err(|error| format!("the picture cannot be drawn: {error}"))?;
    }
    Ok(svg)
}

fn chart<B: DrawingBackend>(
    area: &DrawingArea<B, plotters::coord::Shift>,
    title: &str,
    lines: &[Line<'_>],
) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
    let points = || lines.iter().flat_map(|(_, _, points)| points);
    let most = |of: fn(&(f64, f64)) -> f64| points().map(of).fold(1.0, f64::max);
    let (width, height) = (most(|point| point.0) * 1.05, most(|point| point.1) * 1.1);
    let mut chart = ChartBuilder::on(area)
        .caption(title, ("sans-serif", 16))
        .margin(12)
        .x_label_area_size(36)
        .y_label_area_size(52)
        .build_cartesian_2d(0.0..width, 0.0..height)?;
    chart.configure_mesh().x_desc("members").draw()?;
    for (name, colour, points) in lines {
        let colour = *colour;
        chart
            .draw_series(LineSeries::new(points.iter().copied(), colour.stroke_width(2)).point_size(3))?
            .label(*name)
            .legend(move |(x, y)| {
                plotters::element::PathElement::new(vec![(x, y), (x + 16, y)], colour.stroke_width(2))
            });
    }
    chart.configure_series_labels().background_style(WHITE.mix(0.8)).border_style(BLUE.mix(0.3)).draw()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_names_the_picture_from_its_own_folder() {
        let named = |file: &str, page: &str| relative(Path::new(file), Path::new(page));
        assert_eq!(named("docs/a.svg", "bench/RESULTS.md"), "../docs/a.svg");
        assert_eq!(named("a.svg", "RESULTS.md"), "a.svg");
        assert_eq!(named("/tmp/a.svg", "bench/RESULTS.md"), "/tmp/a.svg");
    }
}
