package eval

import (
	"regexp"

	"simgan/data"
	"simgan/internal/exit"
)

// ClipFolders says that each folder of a data set is a clip.
const ClipFolders = "folders"

// clipsOf returns the clip of each image of a data set. The images of a clip share their noise. Without clips it is the
// image's own name, with ClipFolders its folder, else what the first group of the regular expression (without groups:
// all of it) matches in its name. An image without a clip is an exit.ErrUsage.
func clipsOf(ds data.Dataset, clips string) ([]string, error) {
	of := make([]string, ds.Len())
	if clips == "" {
		for i := range of {
			of[i] = ds.Name(i)
		}
		return of, nil
	}
	if clips == ClipFolders {
		for i := range of {
			of[i] = data.ClipFolder(ds.Name(i))
		}
		return of, nil
	}
	pattern, err := regexp.Compile(clips)
	if err != nil {
		return nil, exit.Usagef("--clips=%s: %w", clips, err)
	}
	for i := range of {
		match := pattern.FindStringSubmatch(ds.Name(i))
		if match == nil {
			return nil, exit.Usagef("--clips=%s: does not match the image %s; every image must belong to a clip",
				clips, ds.Name(i))
		}
		of[i] = match[min(1, len(match)-1)]
	}
	return of, nil
}
