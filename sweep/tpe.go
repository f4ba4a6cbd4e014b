package sweep

import (
	"math"
	"math/rand/v2"
	"sort"
)

// Constants of the tree-structured Parzen estimator, as in Optuna.
const (
	tpeStartup    = 10 // trials drawn at random before it has anything to learn from
	tpeCandidates = 24 // places drawn a parameter, of which the most promising is taken
	tpeMostGood   = 25 // trials that count as good, at most; a tenth of all until then
)

// observation is a finished trial, or one that early stopping ended.
type observation struct {
	places []float64 // of each parameter in its span
	steps  int       // of training behind the value; more count more, for values of few steps are no rivals of final ones
	value  float64   // of the objective, lower is better
}

// tpe suggests a place for each parameter, given earlier trials [Bergstra et al., NeurIPS 2011]. Of places drawn from
// the density l of the good trials, it takes the one with the highest l(x)/g(x), where g is the density of the others.
// goptuna's sampler was tried: its densities are not those of the paper, and its draws do not follow the seed.
func tpe(random *rand.Rand, parameters []Parameter, seen []observation) []float64 {
	places := make([]float64, len(parameters))
	if len(seen) < tpeStartup {
		for i, p := range parameters {
			places[i] = p.draw(random)
		}
		return places
	}
	seen = append([]observation(nil), seen...)
	sort.SliceStable(seen, func(i, j int) bool {
		if seen[i].steps != seen[j].steps {
			return seen[i].steps > seen[j].steps
		}
		return seen[i].value < seen[j].value
	})
	good := min((len(seen)+9)/10, tpeMostGood)
	for i, p := range parameters {
		l, g := newDensity(p, seen[:good], i), newDensity(p, seen[good:], i)
		best := math.Inf(-1)
		for range tpeCandidates {
			x := l.draw(random)
			if score := math.Log(l.at(x)) - math.Log(g.at(x)); score > best || math.IsInf(best, -1) {
				best, places[i] = score, x
			}
		}
	}
	return places
}

// density is a Parzen estimator over a span: one normal distribution per observation, cut off at the span's ends, and a
// wide one in the middle, the prior. Over choices it is a histogram with one more in each place.
type density struct {
	low, high float64
	shares    []float64 // over choices
	mu, sigma []float64 // else
}

func newDensity(p Parameter, seen []observation, parameter int) density {
	var d density
	d.low, d.high = p.span()
	if p.Kind == kindChoices {
		d.shares = make([]float64, len(p.Choices))
		total := float64(len(seen) + len(p.Choices))
		for i := range d.shares {
			d.shares[i] = 1 / total
		}
		for _, o := range seen {
			d.shares[int(o.places[parameter])] += 1 / total
		}
		return d
	}
	prior := (d.low + d.high) / 2
	d.mu = []float64{prior}
	for _, o := range seen {
		d.mu = append(d.mu, o.places[parameter])
	}
	sort.Float64s(d.mu)
	d.sigma = widths(d.mu, d.low, d.high)
	d.sigma[sort.SearchFloat64s(d.mu, prior)] = d.high - d.low
	return d
}

// widths gives each sorted place the distance to its farther neighbour, but no less than a fair share of the span.
func widths(mu []float64, low, high float64) []float64 {
	sigma := make([]float64, len(mu))
	least := (high - low) / min(100, 1+float64(len(mu)))
	for i, m := range mu {
		left, right := 0.0, 0.0 // the span's ends are no neighbours
		if i > 0 {
			left = m - mu[i-1]
		}
		if i+1 < len(mu) {
			right = mu[i+1] - m
		}
		sigma[i] = min(max(left, right, least), high-low)
	}
	return sigma
}

func (d density) draw(random *rand.Rand) float64 {
	if d.shares != nil {
		u := random.Float64()
		for i, share := range d.shares {
			if u -= share; u < 0 {
				return float64(i)
			}
		}
		return float64(len(d.shares) - 1)
	}
	k := random.IntN(len(d.mu))
	for {
		if x := d.mu[k] + d.sigma[k]*random.NormFloat64(); x >= d.low && x <= d.high {
			return x
		}
	}
}

// at returns the density at x.
func (d density) at(x float64) float64 {
	if d.shares != nil {
		return d.shares[int(x)]
	}
	sum := 0.0
	for k, mu := range d.mu {
		s := d.sigma[k]
		inside := normalBelow((d.high-mu)/s) - normalBelow((d.low-mu)/s)
		z := (x - mu) / s
		sum += math.Exp(-z*z/2) / (s * math.Sqrt(2*math.Pi) * inside)
	}
	return sum / float64(len(d.mu))
}

// normalBelow is the standard normal distribution function.
func normalBelow(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }
