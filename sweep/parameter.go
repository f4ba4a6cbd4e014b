package sweep

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// The kinds of a parameter, as written in a sweep's file.
const (
	kindChoices    = "choices"    // a list of values
	kindUniform    = "uniform"    // [low, high]
	kindLogUniform = "loguniform" // [low, high], uniform in the logarithm
	kindInt        = "int"        // [low, high], whole numbers, both included
)

// Parameter is a config key and the values that trials give it.
type Parameter struct {
	Key       string   // dotted, as for train --set
	Kind      string   // choices, uniform, loguniform or int
	Choices   []string // of kind choices
	Low, High float64  // of the other kinds
	Points    int      // of a grid over uniform, loguniform or int; 0: a grid over int takes every number
}

// parseParameters reads the mapping below `parameters`, in its order. Errors name the line.
func parseParameters(node *yaml.Node) ([]Parameter, []error) {
	if node.Kind == 0 {
		return nil, []error{fmt.Errorf(
			"parameters are missing: write at least one, as train.lambda: {loguniform: [0.002, 0.2]}")}
	}
	if node.Kind != yaml.MappingNode {
		return nil, []error{fmt.Errorf("line %d: parameters: write a mapping from config keys to values", node.Line)}
	}
	var parameters []Parameter
	var problems []error
	seen := map[string]bool{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		p, err := parseParameter(key.Value, value)
		if err == nil && seen[key.Value] {
			err = fmt.Errorf("is given twice")
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("line %d: parameters: %s: %w", key.Line, key.Value, err))
		}
		seen[key.Value] = true
		parameters = append(parameters, p)
	}
	return parameters, problems
}

func parseParameter(key string, node *yaml.Node) (Parameter, error) {
	p := Parameter{Key: key}
	if node.Kind != yaml.MappingNode {
		return p, fmt.Errorf(
			"write {choices: [...]}, {uniform: [low, high]}, {loguniform: [low, high]} or {int: [low, high]}")
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		name, value := node.Content[i].Value, node.Content[i+1]
		switch name {
		case "points":
			if err := value.Decode(&p.Points); err != nil || p.Points < 2 || p.Points > mostTrials {
				return p, fmt.Errorf("points is %q; use 2 or more, at most %d", value.Value, mostTrials)
			}
		case kindChoices, kindUniform, kindLogUniform, kindInt:
			if p.Kind != "" {
				return p, fmt.Errorf("is both %s and %s; write one kind", p.Kind, name)
			}
			p.Kind = name
			if err := p.parseValues(value); err != nil {
				return p, err
			}
		default:
			return p, fmt.Errorf("line %d: %q is unknown; write choices, uniform, loguniform or int, and points for a grid",
				node.Content[i].Line, name)
		}
	}
	if p.Kind == "" {
		return p, fmt.Errorf("has no kind; write choices, uniform, loguniform or int")
	}
	return p, nil
}

func (p *Parameter) parseValues(node *yaml.Node) error {
	if p.Kind == kindChoices {
		for _, c := range node.Content {
			if c.Kind != yaml.ScalarNode {
				return fmt.Errorf("line %d: a choice is one value", c.Line)
			}
			p.Choices = append(p.Choices, c.Value)
		}
		if len(p.Choices) == 0 {
			return fmt.Errorf("choices is empty; write [a, b, ...]")
		}
		return nil
	}
	var bounds []float64
	if err := node.Decode(&bounds); err != nil || len(bounds) != 2 {
		return fmt.Errorf("%s: write [low, high]", p.Kind)
	}
	p.Low, p.High = bounds[0], bounds[1]
	switch {
	case !(p.Low < p.High) || math.IsInf(p.High-p.Low, 0):
		return fmt.Errorf("%s: low %g is not below high %g", p.Kind, p.Low, p.High)
	case p.Kind == kindLogUniform && p.Low <= 0:
		return fmt.Errorf("loguniform: low is %g; use more than 0", p.Low)
	case p.Kind == kindInt && (p.Low != math.Trunc(p.Low) || p.High != math.Trunc(p.High)):
		return fmt.Errorf("int: [%g, %g] are no whole numbers", p.Low, p.High)
	}
	return nil
}

// span returns the range in which the parameter is drawn uniformly: logarithms for loguniform; half a number beyond
// both ends for int, so that rounding gives each number the same share. A choice spans its indices.
func (p Parameter) span() (low, high float64) {
	switch p.Kind {
	case kindChoices:
		return -0.5, float64(len(p.Choices)) - 0.5
	case kindInt:
		return p.Low - 0.5, p.High + 0.5
	case kindLogUniform:
		return math.Log(p.Low), math.Log(p.High)
	}
	return p.Low, p.High
}

// text returns the config value at a place of the span. Numbers are rounded to six digits, so that a config stays
// readable.
func (p Parameter) text(place float64) string {
	switch p.Kind {
	case kindChoices:
		return p.Choices[int(min(max(math.Round(place), 0), float64(len(p.Choices)-1)))]
	case kindInt:
		return strconv.FormatFloat(min(max(math.Round(place), p.Low), p.High), 'f', -1, 64)
	case kindLogUniform:
		place = math.Exp(place)
	}
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(place, 'g', 6, 64), 64)
	if err != nil {
		return fmt.Sprint(place)
	}
	return strconv.FormatFloat(min(max(rounded, p.Low), p.High), 'g', -1, 64)
}

// place returns where a config value lies in the span. ok is false if it lies outside.
func (p Parameter) place(text string) (place float64, ok bool) {
	if p.Kind == kindChoices {
		for i, c := range p.Choices {
			if c == text {
				return float64(i), true
			}
		}
		return 0, false
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, false
	}
	if p.Kind == kindLogUniform {
		v = math.Log(v)
	}
	return v, true
}

// draw returns a uniform random place of the span.
func (p Parameter) draw(random *rand.Rand) float64 {
	low, high := p.span()
	return low + (high-low)*random.Float64()
}

// grid returns every value that a grid gives the parameter.
func (p Parameter) grid() ([]string, error) {
	switch {
	case p.Kind == kindChoices:
		return p.Choices, nil
	case p.Kind == kindInt && p.Points == 0:
		if p.High-p.Low >= 1000 {
			return nil, fmt.Errorf("parameters: %s: a grid over %g numbers; add points: N", p.Key, p.High-p.Low+1)
		}
		p.Points = int(p.High-p.Low) + 1
	case p.Points == 0:
		return nil, fmt.Errorf("parameters: %s: a grid over %s needs points: N", p.Key, p.Kind)
	}
	low, high := p.span()
	if p.Kind == kindInt {
		low, high = p.Low, p.High
	}
	var values []string
	for i := range p.Points {
		v := p.text(low + (high-low)*float64(i)/float64(p.Points-1))
		if len(values) == 0 || values[len(values)-1] != v {
			values = append(values, v)
		}
	}
	return values, nil
}

// Setting is one parameter's value in a trial.
type Setting struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

func (s Setting) String() string { return s.Key + "=" + s.Value }

func describe(settings []Setting) string {
	words := make([]string, len(settings))
	for i, s := range settings {
		words[i] = s.String()
	}
	return strings.Join(words, " ")
}
