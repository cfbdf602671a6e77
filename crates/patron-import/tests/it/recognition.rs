//! recognition
