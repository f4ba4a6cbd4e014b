// Package report writes the page of a run, or of several side by side: one HTML file that needs nothing else. Each
// section of the page has a file of its own, NAME.go and NAME.html, and a line in sections.
package report

import (
	"path/filepath"

	"simgan/eval"
	"simgan/internal/atomicfile"
	"simgan/trainer/rundir"
)

// section is a part of a run's page. Its template is NAME.html.
type section struct {
	name, title string
	// show returns what the template shows of the run; nil leaves the section out.
	show func(*run) (any, error)
}

// sections are those of a run's page, from its top.
var sections = []section{
	{"status", "", showStatus},
	{"figures", "What refining gained", showFigures},
	{"labels", "Do labels stay?", showLabels},
	{"turing", "Can people tell?", showTuring},
	{"samples", "Samples", showSamples},
	{"gallery", "Refined beside rendered", showGallery},
	{"realism", "How real refined images look, and which checkpoint to take", showRealism},
	{"curves", "Losses", showCurves},
	{"guards", "What the guards read", showGuards},
	{"settings", "Settings and origin", showSettings},
}

// Options are what Write takes beside the run.
type Options struct {
	Pairs []eval.Pair // for the gallery; nil: those of the newest sample grid
	Note  string      // about the pairs, such as why there are none

	Checkpoint string // name of the folder of the pairs' checkpoint; "": not known
}

// Write writes report.html into the run's folder and returns its path. A run that still goes on, or that was not
// evaluated, is shown as far as it is.
func Write(dir string, o Options) (string, error) {
	r, err := open(dir)
	if err != nil {
		return "", err
	}
	r.options = o
	text, err := r.page()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, rundir.ReportFile)
	return path, atomicfile.Write(path, text)
}

// WriteLive writes report.html of the run that this process trains.
func WriteLive(dir string) error {
	_, err := Write(dir, Options{})
	return err
}
