//! hm-generation
