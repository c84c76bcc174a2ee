//go:build race

package routing

// raceDetector says that the tests are watched for races, which costs time.
const raceDetector = true
