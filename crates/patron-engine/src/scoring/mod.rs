//! What looks across profiles: scores, octants, lifecycle stages and segments.

pub mod explain;
pub mod lifecycle;
pub mod measures;
pub mod octants;
pub mod scores;
pub mod segments;

pub use explain::{ExplainError, ExplainedFile, explain};
pub use lifecycle::{Lifecycle, LifecycleBounds, Stage};
pub use measures::{FrequencyMeasure, Measures, MonetaryMeasure, ScoreOn, Values, historic_value};
pub use octants::{Octant, OctantSettings, Octants};
pub use scores::{AxisSettings, ScoreError, ScoreSettings, Scores};
pub use segments::{SegmentError, Segments};
