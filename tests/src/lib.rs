//! Test kit: the vector loader and the simulated disks.
