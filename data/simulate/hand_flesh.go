package simulate

// build holds a person's thicknesses, relative to a hand of mean build, and how far the skin between fingers reaches,
// as a share of the first bone.
type build struct {
	fingers        [5]float64 // pinky to index, thumb
	tips, knuckles float64
	palm, web      float64
}

var meanBuild = build{fingers: [5]float64{1, 1, 1, 1, 1}, tips: 1, knuckles: 1, palm: 1, web: 0.25}

// The forearm consists of three cones side by side. Their radius at the wrist and their distance there, in mm, and the
// growth of both per mm of the forearm.
const (
	wristRadius, armGrowth = 18.0, 0.045
	wristSide, armSpread   = 9.0, 0.03
)

// flesh collects solids. Radii are given for a hand of mean thickness.
type flesh struct {
	thickness float64
	solids    []solid
}

func (f *flesh) cone(a, b [3]float64, ra, rb float64) {
	f.solids = append(f.solids, solid{a: a, b: b, ra: ra * f.thickness, rb: rb * f.thickness})
}

func (f *flesh) plate(a, b, c [3]float64, r float64) {
	f.solids = append(f.solids, solid{a: a, b: b, c: c, ra: r * f.thickness, flat: true})
	f.cone(a, b, r, r)
	f.cone(b, c, r, r)
	f.cone(c, a, r, r)
}

// solids returns the flesh of the hand and of a forearm of the given length in mm.
func (b *bones) solids(length float64, shape build) []solid {
	out := &flesh{thickness: b.stout * b.scale}
	b.addFingers(out, shape)
	b.addPalm(out, shape)
	for _, side := range [3]float64{-1, 0, 1} { // three cones side by side make a flat wrist
		from := [3]float64{side * wristSide * b.scale, -4, 2}
		to := along(from, length, b.elbow)
		to[0] += side * length * armSpread
		out.cone(from, to, wristRadius, wristRadius+length*armGrowth)
	}
	return out.solids
}

// addFingers adds each finger, its bone in the palm, and the skin between it and the previous finger.
func (b *bones) addFingers(out *flesh, shape build) {
	thick := [4]float64{0.84, 0.96, 1, 0.97}
	for i, f := range b.fingers {
		k := thick[i] * shape.fingers[i]
		middle := 9.8 * k * shape.knuckles
		out.cone(f[0], f[1], 11*k, middle)
		out.cone(f[1], f[2], middle, 8.7*k)
		out.cone(f[2], f[3], 8.7*k, 7.2*k*shape.tips)
		root := b.scaled([3]float64{fingerShapes[i].base[0] * 0.6, 10, 0})
		out.cone(root, f[0], 15*shape.palm, 12*k+1)
		if i > 0 {
			last := b.fingers[i-1]
			out.plate(root, last[0], f[0], 11*shape.palm)
			out.cone(between(last[0], last[1], shape.web), between(f[0], f[1], shape.web), 7.5, 7.5)
		}
	}
}

// addPalm adds the thumb with its ball and the skin between thumb and palm, the ball of the other side, and the wrist.
func (b *bones) addPalm(out *flesh, shape build) {
	h, wrist, k := b.thumb, b.palm[5], shape.fingers[4]
	out.cone(h[0], h[1], 15*shape.palm, 13*k)
	out.cone(h[1], h[2], 12.5*k, 10.5*k)
	out.cone(h[2], h[3], 10.5*k, 8*k*shape.tips)
	out.plate(h[0], between(h[0], h[1], 0.85), between(wrist, b.fingers[3][0], 0.75), 9)
	out.cone(h[0], b.palm[3], 15*shape.palm, 12*shape.palm)
	out.cone(b.scaled([3]float64{-20, 14, -4}), b.scaled([3]float64{-27, 58, -3}), 14*shape.palm, 12*shape.palm)
	out.cone(b.palm[0], b.palm[1], 17, 17)
}
