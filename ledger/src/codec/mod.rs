//! How events lie on the disk; the only place that knows rkyv.
