// Package registry keeps what the city has promised in its register description: the closed lists of purposes, the grants
// to listen, the published versions that bound the settings, the description itself in three languages, generated from the
// running configuration (M23), and the attestation that asks each room for its evidence (M25). It owns grants to listen and
// published versions. It must know neither the database, HTTP nor the rooms above it: they implement its Witness, and the
// recorder is behind its interface Recorder.
package registry
