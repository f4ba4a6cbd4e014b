package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"simgan/internal/shellwords"
)

// invokedAs is the name by which the program was called. With it, the lines of next can be pasted.
var invokedAs = "simgan"

// next names the command that usually comes after this one, as the last line of a command's output.
func next(out io.Writer, words ...string) {
	fmt.Fprintln(out, "next:", shellwords.Join(append([]string{invokedAs}, words...)...))
}

// unusedRun returns a run folder that does not exist yet.
func unusedRun() string {
	name := "runs/mine"
	for n := 2; ; n++ {
		if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) || n > mostRuns {
			return name
		}
		name = fmt.Sprintf("runs/mine-%d", n)
	}
}

// mostRuns bounds the search for a name, also if no folder can be looked at.
const mostRuns = 1000
