package main

import (
	"fmt"
	"io"

	"simgan/internal/shellwords"
)

// next names the command that usually comes after this one, as the last line of a command's output.
func next(out io.Writer, words ...string) {
	fmt.Fprintln(out, "next:", shellwords.Join(append([]string{"simgan"}, words...)...))
}
