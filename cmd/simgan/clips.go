package main

import (
	"github.com/urfave/cli/v2"

	"simgan/eval"
)

// clipsValue is the value of --clips, which may be left out: --clips, or --clips=PATTERN.
type clipsValue struct{ text string }

// Set takes the pattern, or "true" if there is none.
func (v *clipsValue) Set(text string) error {
	if v.text = text; text == "true" {
		v.text = eval.ClipFolders
	}
	return nil
}

// String returns the pattern.
func (v *clipsValue) String() string { return v.text }

// Get returns the pattern: cli.Context.Value asks each flag for it.
func (v *clipsValue) Get() any { return v.text }

// IsBoolFlag lets the value be left out.
func (v *clipsValue) IsBoolFlag() bool { return true }

func clipsFlag() cli.Flag {
	return &cli.GenericFlag{
		Name: "clips", Value: &clipsValue{}, DefaultText: "independent noise",
		Usage: "use the same noise for all images of a clip: a folder or, with --clips=`PATTERN`, the images in whose " +
			"names the first group of the regular expression matches the same text",
	}
}
