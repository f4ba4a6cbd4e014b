package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"simgan/eval"
	"simgan/internal/shellwords"
	"simgan/trainer/config"
	"simgan/trainer/rundir"
)

// invokedAs is the name by which the program was called. With it, the lines of next can be pasted.
var invokedAs = "simgan"

// next names the command that usually comes after this one, as the last line of a command's output.
func next(out io.Writer, words ...string) {
	fmt.Fprintln(out, "next:", shellwords.Join(append([]string{invokedAs}, words...)...))
}

// nextEvaluation names the evaluation that fits the data of a run, or of a folder of runs that differ in their seed.
func nextEvaluation(out io.Writer, run string, flags []string) error {
	c, err := config.LoadRun(filepath.Join(rundir.Runs(run)[0], rundir.ConfigFile), nil)
	if err != nil {
		return err
	}
	next(out, slices.Concat([]string{"eval"}, eval.Fitting(c.Data), []string{"--run", run}, flags)...)
	return nil
}

// given returns flags that the next command takes over from this one: pairs of name and value, without those that have
// no value or their default.
func given(pairs ...string) (words []string) {
	for pair := range slices.Chunk(pairs, 2) {
		if !slices.Contains([]string{"", "auto", rundir.LatestName}, pair[1]) {
			words = append(words, pair...)
		}
	}
	return words
}

// unused returns the folder's name, with a number if it exists.
func unused(folder string) string {
	name := folder
	for n := 2; ; n++ {
		if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) || n > mostFolders {
			return name
		}
		name = fmt.Sprintf("%s-%d", folder, n)
	}
}

// mostFolders bounds the search for a name, also if no folder can be looked at.
const mostFolders = 1000
