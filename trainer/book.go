package trainer

import (
	"simgan/data/picture"
	"simgan/trainer/rundir"
)

// book takes what a run writes of itself. Process 0 has the run folder; the other processes write nothing.
type book interface {
	Logf(format string, args ...any)
	Note(format string, args ...any)
	Record(p rundir.Process) error
	Recorded() bool
	End(o rundir.Outcome, reason, phase string, step int) error
	Seconds() (float64, error)
	RemoveLeftovers() error
	Start(config []byte, metricsBytes, step int64) error
	HasMetrics() (bool, error)
	MetricsSize() (int64, error)
	AppendMetrics(r rundir.Record, step int, scalars map[string]float64) error
	WriteSamples(step int, grid picture.Image) error
	WriteCheckpoint(step, keep int, state any, write func(folder string) error) error
	Finish(seconds float64) error
}

// noBook is the book of the other processes.
type noBook struct{}

func (noBook) Logf(string, ...any)                                            {}
func (noBook) Note(string, ...any)                                            {}
func (noBook) Record(rundir.Process) error                                    { return nil }
func (noBook) Recorded() bool                                                 { return false }
func (noBook) End(rundir.Outcome, string, string, int) error                  { return nil }
func (noBook) Seconds() (float64, error)                                      { return 0, nil }
func (noBook) RemoveLeftovers() error                                         { return nil }
func (noBook) Start([]byte, int64, int64) error                               { return nil }
func (noBook) HasMetrics() (bool, error)                                      { return false, nil }
func (noBook) MetricsSize() (int64, error)                                    { return 0, nil }
func (noBook) AppendMetrics(rundir.Record, int, map[string]float64) error     { return nil }
func (noBook) WriteSamples(int, picture.Image) error                          { return nil }
func (noBook) WriteCheckpoint(int, int, any, func(folder string) error) error { return nil }
func (noBook) Finish(float64) error                                           { return nil }
