// Package turing is the paper's visual Turing test: a person says which images are real and which are refined. The
// images are shown by a web page that only this machine can open; answers are kept in the run folder.
package turing

import (
	"fmt"
	"time"
)

// Settings decide which images a test shows, and in which order.
type Settings struct {
	Pairs      bool   `json:"pairs"` // a real and a refined image side by side; else one image at a time
	N          int    `json:"n"`     // real images, and as many refined ones
	Seed       uint64 `json:"seed"`
	Real       string `json:"real"`      // SPECs
	Synthetic  string `json:"synthetic"` // of the images that are refined
	Checkpoint string `json:"checkpoint"`
}

// Question holds what is shown at once: one image, or a real and a refined one side by side.
type Question struct {
	Names  []string // of the images in their data sets; a refined image has its source's name
	Images [][]byte // PNG files
	W, H   int      // pixels of an image
	Truth  string   // the right answer, one of Choices
}

// Answer is what the person said of a question.
type Answer struct {
	Said    string  `json:"said"` // one of Choices
	Seconds float64 `json:"seconds"`
}

// Test is a test and how far it went.
type Test struct {
	Settings  Settings
	Questions []Question
	Answers   []Answer
	Done      bool // no answer can be changed any more
}

// choices holds the answers to a single image and to a pair. Of a pair, the answer is the side of the real image.
var choices = map[bool][2]string{false: {"real", "refined"}, true: {"left", "right"}}

// Choices returns the two possible answers.
func (t *Test) Choices() [2]string { return choices[t.Settings.Pairs] }

// Current returns the number of the question to answer next, from 0. It is len(Questions) if all are answered.
func (t *Test) Current() int { return len(t.Answers) }

// answer records the answer to a question. An answer to another question than the current one is ignored: it comes from
// an old page.
func (t *Test) answer(question int, said string, after time.Duration) (taken bool, err error) {
	if t.Done || question != t.Current() || question >= len(t.Questions) {
		return false, nil
	}
	if c := t.Choices(); said != c[0] && said != c[1] {
		return false, fmt.Errorf("the answer %q is neither %s nor %s", said, c[0], c[1])
	}
	t.Answers = append(t.Answers, Answer{said, after.Seconds()})
	return true, nil
}

// undo removes the answer before the given question, if it is the current one.
func (t *Test) undo(question int) (taken bool) {
	if t.Done || question != t.Current() || question == 0 {
		return false
	}
	t.Answers = t.Answers[:question-1]
	return true
}

// finish ends a test of which all questions are answered.
func (t *Test) finish() (taken bool) {
	if t.Done || t.Current() < len(t.Questions) {
		return false
	}
	t.Done = true
	return true
}
