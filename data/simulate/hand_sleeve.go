package simulate

import (
	"math"
	"math/rand/v2"
)

// Cloth of sleeves. In frame 1 of NYU's test set the folds of the shirt are 5 to 10 mm high and 30 to 60 mm apart. How
// often sleeves reach into the picture, and how loose they are, is a guess.
const (
	sleeveShare             = 0.6
	sleeveFirst, sleeveLast = 5.0, 190.0 // where the edge lies, mm from the wrist along the forearm
	foldLength, foldTwist   = 42.0, 0.35 // distance between folds, mm, and their slant, folds per radian
	clothRow, clothColumns  = 15.0, 14   // mesh of the cloth: length of a row in mm, and columns around the arm
)

// sleeve is a tube of cloth around the forearm.
type sleeve struct {
	edge  float64 // mm from the wrist
	slack float64 // air between arm and cloth, mm
	fold  float64 // half of the folds' height, mm
	seed  uint64  // of the folds' places
}

// wearSleeve puts cloth around the forearm, from a random place to the elbow, in some pictures. The arm in the sleeve
// is drawn whole.
func (s *handScene) wearSleeve(r *rand.Rand) {
	if r.Float64() >= sleeveShare {
		return
	}
	s.arm = forearmLength
	w := sleeve{edge: sleeveFirst + (sleeveLast-sleeveFirst)*r.Float64(), slack: 4 + 9*r.Float64()}
	w.fold, w.seed = 1.5+4*r.Float64(), r.Uint64()
	cloth := w.mesh(s.bones)
	for i := range cloth {
		cloth[i].move(s.place)
	}
	s.around = append(s.around, cloth...)
}

// mesh returns the cloth as triangles, in the hand's coordinates.
func (w sleeve) mesh(b *bones) (out []solid) {
	triangle := func(p, q, r [3]float64) { out = append(out, solid{a: p, b: q, c: r, flat: true}) }
	last := w.ring(b, w.edge)
	for t := w.edge + clothRow; t < forearmLength; t += clothRow {
		next := w.ring(b, t)
		for i := range next {
			j := (i + 1) % clothColumns
			triangle(last[i], last[j], next[i])
			triangle(next[j], next[i], last[j])
		}
		last = next
	}
	return out
}

// ring returns the cloth's points around the arm, t mm from the wrist.
func (w sleeve) ring(b *bones, t float64) (out [clothColumns][3]float64) {
	middle := along([3]float64{0, -4, 2}, t, b.elbow)
	aside := along([3]float64{1, 0, 0}, -b.elbow[0], b.elbow)
	front := [3]float64{ // aside x elbow
		aside[1]*b.elbow[2] - aside[2]*b.elbow[1],
		aside[2]*b.elbow[0] - aside[0]*b.elbow[2],
		aside[0]*b.elbow[1] - aside[1]*b.elbow[0],
	}
	deep := (wristRadius+t*armGrowth)*b.stout*b.scale + w.slack
	wide := deep + wristSide*b.scale + t*armSpread
	for i := range out {
		angle := 2 * math.Pi * float64(i) / clothColumns
		sin, cos := math.Sincos(angle)
		height := 1.4 * w.fold * lattice(t/foldLength*2+foldTwist*angle, 3*cos+2*sin, w.seed)
		out[i] = along(along(middle, (wide+height)*cos, aside), (deep+height)*sin, front)
	}
	return out
}
