//! Cut points and scores.
