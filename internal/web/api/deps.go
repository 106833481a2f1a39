package api

// Deps is what the API calls.
type Deps struct{}
