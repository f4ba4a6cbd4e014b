package eval

import (
	"fmt"
	"slices"
	"strings"

	"simgan/data"
	"simgan/internal/exit"
)

// task is what estimators learn, and how rows are compared.
type task struct {
	name   string
	metric string // the name in JSON of the figure that rows are compared by
	higher bool   // a higher figure is better
	// The metric in words, its unit, and whether it is a share, which is shown in percent.
	quantity, unit string
	percent        bool
	labels         labelling
	fill           bool // training images that do not fill a batch are refused; gaze and hand have always repeated them
}

// labelling chooses what estimators learn from the columns of data sets. The first data set that it sees, the synthetic
// one, settles what the caller left open.
type labelling interface {
	// check refuses a data set that lacks the columns. The error follows "eval NAME ".
	check(info data.Info) error
	// encode replaces the labels of a loaded data set by the numbers that estimators learn. Labels that are the same in
	// all images are an error unless b is a few images of a set that was seen.
	encode(b *data.Batch, info data.Info, few bool) error
	// names returns the columns that are learned.
	names() []string
}

// fixed is the labelling of tasks that have labels of their own.
type fixed struct {
	columns []string
	loose   bool // only the number of labels counts, not their names
}

func (f fixed) check(info data.Info) error {
	names := info.LabelNames
	if slices.Equal(names, f.columns) || f.loose && len(names) == len(f.columns) {
		return nil
	}
	return fmt.Errorf("needs labels %v; the data set has %v; for other labels there are eval regression, "+
		"classification and external", f.columns, names)
}

func (f fixed) encode(*data.Batch, data.Info, bool) error { return nil }
func (f fixed) names() []string                           { return nil }

// imageNumber returns the place of image i of a batch in its data set, counted from 1.
func imageNumber(b *data.Batch, i int) int {
	if i < len(b.Index) {
		i = b.Index[i]
	}
	return i + 1
}

// columnsOf lists a data set's columns for an error.
func columnsOf(info data.Info) string {
	if !info.Labelled() {
		return "it has no labels: put a labels.csv (file,label1,...) into the folder"
	}
	return "its columns are " + quoted(append(slices.Clone(info.LabelNames), info.Text...))
}

// quoted lists names, each in quotes.
func quoted(names []string) string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = fmt.Sprintf("%q", name)
	}
	return strings.Join(list, ", ")
}

// needColumns refuses a data set that lacks one of the columns of numbers.
func needColumns(info data.Info, names []string) error {
	for _, name := range names {
		switch {
		case slices.Contains(info.LabelNames, name):
		case slices.Contains(info.Text, name):
			return exit.Usagef("needs numbers, but column %q holds texts: its first value is no number", name)
		default:
			return exit.Usagef("needs column %q; %s", name, columnsOf(info))
		}
	}
	return nil
}

// pick returns, of n rows of values, the chosen columns in their order. columns names those that there are.
func pick[V any](values []V, n int, columns, chosen []string) []V {
	picked := make([]V, 0, n*len(chosen))
	for i := range n {
		for _, name := range chosen {
			picked = append(picked, values[i*len(columns)+slices.Index(columns, name)])
		}
	}
	return picked
}
