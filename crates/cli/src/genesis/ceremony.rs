//! The distributed key ceremony of real networks: validators make the group key together and nobody knows its secret.
