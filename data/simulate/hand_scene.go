package simulate

import (
	"math"
	"math/rand/v2"
)

// handScene is a hand whose pose is drawn, before its flesh is built. Effects change its other fields.
type handScene struct {
	bones  *bones
	place  placement
	joints [HandJoints][3]float64 // camera coordinates, mm
	arm    float64                // length of the forearm, mm
	build  build
	around []solid // what else the camera sees, camera coordinates
	sensor sensor
}

// forearmLength is the length of a whole forearm in mm. A render's ends soon after the wrist.
const forearmLength = 260

// newHandScene draws pose, shape, place and the length of a render's forearm, and applies the effects.
func newHandScene(streams handStreams, effects Effects) *handScene {
	r := streams.pose()
	s := &handScene{bones: newBones(r), build: meanBuild}
	s.place = newPlacement(r, s.bones.palm[2])
	s.arm = 25 + 35*r.Float64()
	for i, p := range s.bones.joints() {
		s.joints[i] = s.place.apply(p)
	}
	s.sensor.pattern = seedOf(streams.named("pattern"))
	for i, e := range handEffects {
		if effects&(1<<i) != 0 {
			e.apply(s, streams.named(e.name))
		}
	}
	return s
}

// solids returns all that the camera sees.
func (s *handScene) solids() []solid {
	out := s.bones.solids(s.arm, s.build)
	for i := range out {
		out[i].move(s.place)
	}
	return append(out, s.around...)
}

func (s *handScene) wholeArm(*rand.Rand) { s.arm = forearmLength }

// varyFlesh draws a person's build. Joints do not move. At fingertips and thumb the outline's radius in frame 1 of
// NYU's test set is 13 % larger than that of hands of mean build, in the median; with these means it is 1 % larger.
// The spreads are a guess.
func (s *handScene) varyFlesh(r *rand.Rand) {
	all := 1.08 + clipped(r, 0, 0.06, 0.12)
	for i := range s.build.fingers {
		s.build.fingers[i] = all + clipped(r, 0, 0.03, 0.06)
	}
	s.build.tips = 1 + clipped(r, 0, 0.06, 0.12)
	s.build.knuckles = 1 + clipped(r, 0, 0.05, 0.1)
	s.build.palm = 1.08 + clipped(r, 0, 0.08, 0.16)
	s.build.web = 0.15 + 0.25*r.Float64()
}

// addPerson adds what a real camera sees in the background in most pictures: a trunk and a head, farther than the
// crop's cube.
func (s *handScene) addPerson(r *rand.Rand) {
	if r.Float64() < 0.15 { // nobody: the hand comes from the side
		return
	}
	palm := s.joints[PalmCentre]
	z := palm[2] + 260 + 340*r.Float64()
	x := palm[0] + 250*r.NormFloat64()
	y := palm[1] - 150 + 120*r.NormFloat64()
	s.around = append(s.around,
		solid{a: [3]float64{x - 90, y, z + 110}, b: [3]float64{x - 90, y - 700, z + 120}, ra: 110, rb: 130},
		solid{a: [3]float64{x + 90, y, z + 110}, b: [3]float64{x + 90, y - 700, z + 120}, ra: 110, rb: 130},
		solid{a: [3]float64{x, y + 240, z + 100}, b: [3]float64{x, y + 160, z + 100}, ra: 85, rb: 75})
}

// addBodyPart adds a second hand, a limb or a head that reaches into the crop's cube from its border, in some pictures.
// It neither touches the hand nor hides a joint.
func (s *handScene) addBodyPart(r *rand.Rand) {
	const share, tries = 0.25, 12 // the share is a guess
	if r.Float64() >= share {
		return
	}
	part := [...]func(*rand.Rand, [3]float64) []solid{otherHand, otherHand, limb, head}[r.IntN(4)]
	for range tries {
		if solids := part(r, s.joints[PalmCentre]); s.clearOf(solids) {
			s.around = append(s.around, solids...)
			return
		}
	}
}

// otherHand returns a left hand whose palm's centre lies outside the cube.
func otherHand(r *rand.Rand, palm [3]float64) []solid {
	b := newBones(r)
	out := b.solids(forearmLength, meanBuild)
	mirror := func(p [3]float64) [3]float64 { return [3]float64{-p[0], p[1], p[2]} }
	place := newPlacement(r, mirror(b.palm[2]))
	place.origin = sub(beside(r, palm, 180, 80), sub(place.apply(mirror(b.palm[2])), place.origin))
	for i := range out {
		s := &out[i]
		s.a, s.b, s.c = mirror(s.a), mirror(s.b), mirror(s.c)
		s.move(place)
	}
	return out
}

// limb returns a forearm or a knee that ends at the cube's border.
func limb(r *rand.Rand, palm [3]float64) []solid {
	end := beside(r, palm, 150, 50)
	away := sub(end, palm)
	sin, cos := math.Sincos(0.9 * (2*r.Float64() - 1))
	away[0], away[1] = cos*away[0]-sin*away[1], sin*away[0]+cos*away[1]
	radius := 28 + 32*r.Float64()
	return []solid{{a: end, b: along(end, 2, away), ra: radius, rb: radius * 1.2}}
}

// head returns a head at the cube's border, its front about as far away as the palm.
func head(r *rand.Rand, palm [3]float64) []solid {
	c := beside(r, palm, 190, 40)
	c[2] += 100
	return []solid{{a: along(c, 40, [3]float64{0, 1, 0}), b: along(c, -40, [3]float64{0, 1, 0}), ra: 85, rb: 75}}
}

// beside returns a point near to more mm from the palm in the picture's plane, up to 100 mm behind it.
func beside(r *rand.Rand, palm [3]float64, near, more float64) [3]float64 {
	sin, cos := math.Sincos(2 * math.Pi * r.Float64())
	d := near + more*r.Float64()
	return [3]float64{palm[0] + d*cos, palm[1] + d*sin, palm[2] - 30 + 130*r.Float64()}
}

// clearOf reports whether all joints and the forearm's middle line are beside the solids, seen from the front.
func (s *handScene) clearOf(solids []solid) bool {
	const gap, arm = 18, 35 // mm of flesh around joints and the forearm's line
	for i := range solids {
		for _, p := range s.joints {
			if solids[i].aside(p) < gap {
				return false
			}
		}
		for t := 0.0; t <= forearmLength; t += 40 {
			if solids[i].aside(s.place.apply(along([3]float64{}, t, s.bones.elbow))) < arm {
				return false
			}
		}
	}
	return true
}

// aside returns the distance in mm, in the picture's plane, from a point to the solid.
func (s *solid) aside(p [3]float64) float64 {
	ab, ap := sub(s.b, s.a), sub(p, s.a)
	t := limit((ap[0]*ab[0]+ap[1]*ab[1])/max(ab[0]*ab[0]+ab[1]*ab[1], 1e-9), 0, 1)
	return math.Hypot(ap[0]-t*ab[0], ap[1]-t*ab[1]) - max(s.ra, s.rb)
}
