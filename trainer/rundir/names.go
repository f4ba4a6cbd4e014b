// Package rundir holds the folder of a run: the names in it, its lock, its log, its metrics, its checkpoints and
// TensorBoard's events. It knows no torch.
package rundir

import "fmt"

// Names in a run folder. Scripts rely on them.
const (
	ConfigFile  = "config.yaml"   // the resolved config; it loads again
	LogFile     = "log.txt"       // what the terminal showed, with times
	MetricsFile = "metrics.jsonl" // an object per log window
	DoneFile    = "DONE"          // written last
	ReportFile  = "report.html"
	EvalFile    = "eval.json"    // figures of eval
	RealismFile = "realism.json" // figures of eval realism
	BestFile    = "best.json"    // the checkpoint that eval --choose found best
	FlickerFile = "flicker.json" // figures of eval flicker
	TuringFile  = "turing.json"  // figures of turing
	LockFile    = ".lock"        // locked while a process trains

	// LabelsFile holds the figures of eval labels, WorstFile a picture of the pairs that moved most.
	LabelsFile = "labels.json"
	WorstFile  = "labels-worst.png"

	// TuringFolder holds the tests of turing, NNN.csv and NNN.json.
	TuringFolder = "turing"

	ProvenanceFile = "provenance.json" // who trained the run, with what, where and when
	provenanceLock = ".provenance.lock"

	figuresFolder     = "eval" // events of evaluations
	samplesFolder     = "samples"
	checkpointsFolder = "checkpoints"
)

const stepPrefix = "step-"

// stepName returns the name of a step's sample grid and checkpoint. Names sort as their steps do.
func stepName(step int) string { return fmt.Sprintf(stepPrefix+"%07d", step) }
