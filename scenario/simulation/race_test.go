//go:build race

package simulation_test

const underRaceDetector = true
