package simulate

import (
	"math"
	"math/rand/v2"
)

// Cloth of sleeves. In the one NYU frame at hand the shirt's folds are 5 to 10 mm high and 30 to 60 mm apart. How often
// sleeves reach into the picture, and how loose they are, is a guess.
const (
	sleeveShare             = 0.6
	sleeveFirst, sleeveLast = 12.0, 200.0 // where the edge lies, mm from the wrist along the forearm
	foldNear, foldFar       = 22.0, 45.0  // distance between folds, mm
)

// wearSleeve puts cloth around the forearm, from a random place to the elbow, in some pictures. The arm in the sleeve is
// drawn whole.
func (s *handScene) wearSleeve(r *rand.Rand) {
	if r.Float64() >= sleeveShare {
		return
	}
	s.arm = forearmLength
	edge := sleeveFirst + (sleeveLast-sleeveFirst)*r.Float64()
	slack := 2 + 9*r.Float64() // mm of air between arm and cloth
	fold := 1 + 4*r.Float64()  // half of the folds' height, mm
	var cloth []solid
	for _, side := range [2]float64{-1, 1} { // two rows of rings side by side, because the forearm is flat
		cloth = append(cloth, s.rings(side, edge, slack, fold, r)...)
	}
	for range 3 {
		cloth = append(cloth, s.crease(edge, slack, fold, r))
	}
	for i := range cloth {
		cloth[i].move(s.place)
	}
	s.around = append(s.around, cloth...)
}

// rings returns a row of cones along the forearm. Their radii rise and fall by the folds.
func (s *handScene) rings(side, edge, slack, fold float64, r *rand.Rand) (out []solid) {
	type ring struct {
		at     [3]float64
		radius float64
	}
	var last ring
	for t := edge; ; t += foldNear/2 + (foldFar-foldNear)/2*r.Float64() {
		ridge := fold * float64(1-2*(len(out)%2))
		next := ring{s.armLine(t), s.armRadius(t) + slack + ridge + fold/2*r.NormFloat64()}
		next.at[0] += side*7*s.bones.scale + fold*r.NormFloat64()
		next.at[2] += fold * r.NormFloat64()
		if t > edge {
			out = append(out, solid{a: last.at, b: next.at, ra: last.radius, rb: next.radius})
		}
		if last = next; t > forearmLength {
			return out
		}
	}
}

// crease returns a fold that runs obliquely over the cloth's side towards the camera.
func (s *handScene) crease(edge, slack, fold float64, r *rand.Rand) solid {
	at := func(t, across float64) [3]float64 {
		p := s.armLine(t)
		p[0] += across
		p[2] -= math.Sqrt(max(0, sq(s.armRadius(t)+slack)-across*across)) - 4 // the palm's side is -z
		return p
	}
	t := edge + (forearmLength-edge)*r.Float64()
	from, to := 36*r.Float64()-18, 36*r.Float64()-18
	return solid{a: at(t, from), b: at(t+30+50*r.Float64(), to), ra: 4 + fold, rb: 3 + fold/2}
}

// armLine returns the point of the forearm's middle line t mm from the wrist, in the hand's coordinates.
func (s *handScene) armLine(t float64) [3]float64 {
	return along([3]float64{0, -4, 2}, t, s.bones.elbow)
}

// armRadius returns the radius of the forearm's cones at t mm.
func (s *handScene) armRadius(t float64) float64 {
	return (wristRadius + t*armGrowth) * s.bones.stout * s.bones.scale
}

func sq(v float64) float64 { return v * v }
