package data

import (
	"fmt"
	"math"
	"strings"

	"simgan/data/adapt"
)

// Warnings says what of the findings may spoil a training.
func (f *Findings) Warnings() (all []string) {
	add := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	if f.Stretched.Count > 0 {
		add("size=%dx%d changes the proportions of %d of %d pictures by more than 10 %% (up to %.2f times), "+
			"the first is %s: fit=crop or fit=pad keeps them",
			f.Info.H, f.Info.W, f.Stretched.Count, f.Opened, f.Worst, f.Stretched.First)
	}
	if f.Flat.Count > 0 {
		add("%d of %d images have one level only, the first is %s", f.Flat.Count, f.Opened, f.Flat.First)
	}
	l, top := f.Levels, float64(int(1)<<f.Info.Bits-1)
	if read := f.Opened - len(f.Bad); read > f.Flat.Count && l.High-l.Low < minContrast {
		way := "scale the images to the range first"
		if f.Info.Bits == 16 {
			way = "range=LOW:HIGH in the SPEC spreads them (the same for both sets)"
		}
		add("levels lie in %.0f to %.0f of 0 to %.0f (%.1f %% of the range): networks see hardly any contrast; %s",
			l.Low*top, l.High*top, top, 100*(l.High-l.Low), way)
	}
	return all
}

// minContrast is the share of the range of levels below which Warnings speaks of it.
const minContrast = 0.1

// Differences says what tells two sets apart that need not, the first being the synthetic one.
func Differences(a, b *Findings) (all []string) {
	for _, w := range []string{Alike(a, b), LacksHoles(a, b)} {
		if w != "" {
			all = append(all, w)
		}
	}
	return all
}

// Alike says if levels tell two sets apart, so that a discriminator need not look at the images' content; "" if they do
// not. The first set is the synthetic one, whose SPEC may bring them together.
func Alike(a, b *Findings) string {
	share, way := a.Levels.Overlap(b.Levels), a.equalizing(b)
	if share >= minOverlap && way == "" {
		return ""
	}
	return fmt.Sprintf("the levels of the two sets differ (%.0f %% overlap; means %.0f %% and %.0f %% of the range): "+
		"D can tell them apart by levels alone; %s",
		100*share, 100*a.Levels.Mean, 100*b.Levels.Mean, together(a, b, way))
}

// LacksHoles says if real depths b have holes that synthetic ones a lack, and which holes in the SPEC make as many; ""
// if there is nothing to advise. Holes that a SPEC has already come from the same random numbers, so a larger share
// holds them too.
func LacksHoles(a, b *Findings) string {
	if a.gaps == nil || b.gaps == nil || b.gaps[0]-a.gaps[0] < manyGaps {
		return ""
	}
	best := 0
	for k, gaps := range a.gaps {
		if math.Abs(gaps-b.gaps[0]) < math.Abs(a.gaps[best]-b.gaps[0]) {
			best = k
		}
	}
	if best == 0 {
		return ""
	}
	return fmt.Sprintf("of the real depths %.1f %% are missing between others, of the synthetic ones %.1f %%: "+
		"holes=%g in the SPEC of the synthetic images takes about as many away without a refiner",
		100*b.gaps[0], 100*a.gaps[0], holeShares[best])
}

// manyGaps is the share of depths, missing between others, that real images must have more for LacksHoles to speak.
const manyGaps = 0.015

// equalizing says that equalising the images makes most of the difference of their levels from b's go; "" if it does
// not.
func (f *Findings) equalizing(b *Findings) string {
	if f.tones == nil || b.tones == nil {
		return ""
	}
	asIs, equalized := adapt.ToneGap(f.tones, b.tones), adapt.ToneGap(f.equalized, b.tones)
	if asIs < farApart || equalized >= asIs/2 {
		return ""
	}
	return fmt.Sprintf("equalize=true in the SPEC of the synthetic images does most of the work without a refiner "+
		"(distance of the images' levels %.2f of 1, then %.2f)", asIs, equalized)
}

// farApart is the distance of the levels of images from which on equalising is advised. Renders of SynthesEyes beside
// MPIIGaze have 0.7, equalised ones 0.01.
const farApart = 0.2

// together says how the levels of synthetic images a could become more like those of b: by a way that is known, or by
// others.
func together(a, b *Findings, way string) string {
	var ways []string
	if way != "" {
		ways = append(ways, way)
	}
	if a.Info.Bits == 8 && b.Info.Bits == 8 {
		factor := min(max(b.Levels.Mean/max(a.Levels.Mean, 1e-3), leastBrightness), mostBrightness)
		share := a.Levels.brightened(factor).Overlap(b.Levels)
		if share > a.Levels.Overlap(b.Levels)+worthIt && math.Abs(math.Log(factor)) > sameBrightness {
			ways = append(ways, fmt.Sprintf("brightness=%.2f in the SPEC of the synthetic images gives both the same "+
				"mean (then %.0f %% overlap)", factor, 100*share))
		}
	}
	if ways == nil {
		return "renders whose light, colours and background are more like the photographs', or other photographs, would help"
	}
	return strings.Join(ways, "; ")
}

// worthIt is the share of levels that brightness must bring to overlap to be advised.
const worthIt = 0.03

// sameBrightness is the logarithm of a factor between means that needs no brightness.
const sameBrightness = 0.1

// minOverlap is the share of levels in common below which Alike warns. The built-in sets have 0.7 and more.
const minOverlap = 0.35

// Overlap returns the share of levels that two sets have in common: 0 to 1.
func (l Levels) Overlap(o Levels) (share float64) {
	for i, v := range l.Histogram {
		share += min(v, o.Histogram[i])
	}
	return share
}
