// Package sweep searches hyperparameters. Every trial is its own run folder, trained and evaluated by processes of
// simgan. So the crash of one trial ends no other, and a sweep that was killed continues where it was. The package
// knows configs, run folders and the command line, and no torch.
package sweep

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"simgan/internal/exit"
	"simgan/internal/showtext"
	"simgan/internal/strictyaml"
	"simgan/trainer/config"
)

// File holds a sweep's YAML file. docs/sweeps.md explains each key.
type File struct {
	Dir           string         `yaml:"dir"`        // folder of the trials; default: runs/ and the file's name
	Preset        string         `yaml:"preset"`     // of every trial, as train --preset
	Config        string         `yaml:"config"`     // as train --config, relative to the file
	Settings      []string       `yaml:"settings"`   // as train --set
	Parameters    yaml.Node      `yaml:"parameters"` // what differs from trial to trial
	Method        string         `yaml:"method"`     // grid, random or tpe
	Trials        int            `yaml:"trials"`     // how many; a grid has its own number
	Seed          uint64         `yaml:"seed"`       // of the parameters' draws
	Parallel      int            `yaml:"parallel"`   // trials at a time; default: one per device, or one
	Threads       int            `yaml:"threads"`    // CPU threads of a trial; 0: its share of the cores
	Devices       []string       `yaml:"devices"`    // one per running trial, as [cuda:0, cuda:1]; default: the config's
	Objective     Objective      `yaml:"objective"`
	EarlyStopping *EarlyStopping `yaml:"early_stopping"`
}

// EarlyStopping is asynchronous successive halving. Trials rest at the rungs, after First, First*Eta, First*Eta^2, ...
// steps of Algorithm 1, and the best of every Eta at a rung continue.
type EarlyStopping struct {
	First int `yaml:"first"`
	Eta   int `yaml:"eta"`
}

// Sweep is a file that was read and checked.
type Sweep struct {
	File
	Path       string // of the file
	Program    string // the name by which simgan is called in the line that says what is next
	Parameters []Parameter
	base       config.Config
	grid       [][]string // values of each parameter, for method grid
	given      File       // before defaults were filled in
}

// Load reads and checks a sweep's file, and the config of every trial if the method knows them in advance. Its error
// lists every problem at once and is an exit.ErrUsage. dir overrides the file's folder unless it is empty.
func Load(path, dir string) (*Sweep, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, exit.Usagef("%w", err)
	}
	s := &Sweep{Path: path, File: File{Method: "random", Seed: 1}}
	problems := s.parse(text)
	if dir != "" {
		s.Dir = dir
	}
	s.given = s.File
	if len(problems) == 0 {
		problems = s.check()
	}
	if len(problems) > 0 {
		for i, p := range problems {
			problems[i] = fmt.Errorf("%s: %w", path, p)
		}
		return nil, exit.Usagef("%w", errors.Join(problems...))
	}
	return s, nil
}

// parse reads the YAML. Unknown keys are refused with their line.
func (s *Sweep) parse(text []byte) []error {
	problems := strictyaml.Decode(text, &s.File, func(structName, _ string) string {
		names := map[string]string{"File": "a sweep", "Objective": "objective", "EarlyStopping": "early_stopping"}
		return "is no key of " + names[structName]
	})
	if len(problems) > 0 {
		return problems
	}
	s.Parameters, problems = parseParameters(&s.File.Parameters)
	return problems
}

// check fills in defaults and reports what no sweep could use.
func (s *Sweep) check() []error {
	if s.Dir == "" {
		s.Dir = filepath.Join("runs", s.name())
	}
	if s.Config != "" && !filepath.IsAbs(s.Config) {
		s.Config = filepath.Join(filepath.Dir(s.Path), s.Config)
	}
	if s.Parallel == 0 {
		s.Parallel = max(1, len(s.Devices))
	}
	if problems := s.checkText(); len(problems) > 0 {
		return problems
	}
	var err error
	if s.base, err = config.Load(s.Preset, s.Config, slices.Concat(s.Settings, s.firstData())); err != nil {
		return []error{err}
	}
	problems := slices.Concat(s.checkNumbers(), s.checkMethod(), s.Objective.check(), s.checkEarlyStopping())
	for _, p := range s.Parameters {
		switch {
		case p.Key == "device" || p.Key == "threads":
			problems = append(problems, fmt.Errorf("parameters: %s: the sweep sets it for each trial; "+
				"see its keys devices, threads and parallel", p.Key))
		case p.Key == "train.steps" && s.EarlyStopping != nil:
			problems = append(problems, errors.New("parameters: train.steps: "+
				"early_stopping compares trials of the same length; leave one of them out"))
		}
	}
	if len(problems) > 0 {
		return problems
	}
	return s.checkTrials()
}

// firstData returns settings of the first data sets that are searched: without them the base would have one set of the
// user's beside a built-in one, which is refused.
func (s *Sweep) firstData() (settings []string) {
	for _, p := range s.Parameters {
		if len(p.Choices) > 0 && (p.Key == "data.synthetic" || p.Key == "data.real") {
			settings = append(settings, p.Key+"="+p.Choices[0])
		}
	}
	return settings
}

func (s *Sweep) name() string {
	return strings.TrimSuffix(strings.TrimSuffix(filepath.Base(s.Path), ".yaml"), ".yml")
}

// checkText refuses control characters, and what else is not shown as itself: a line break would end the line of a
// printed command, or a comment of a script, and a shell would run what follows.
func (s *Sweep) checkText() (problems []error) {
	refuse := func(what string, texts ...string) {
		for _, text := range texts {
			if showtext.Line(text) != text {
				problems = append(problems,
					fmt.Errorf("%s %q has a control character, such as a line break; remove it", what, text))
			}
		}
	}
	refuse("the sweep file's path", s.Path)
	refuse("dir", s.Dir)
	refuse("preset", s.Preset)
	refuse("config", s.Config)
	refuse("settings:", s.Settings...)
	refuse("devices:", s.Devices...)
	o := s.Objective
	refuse("objective:", o.Metric, o.Evaluation, o.Field, o.Validation, o.Labels, o.Error, o.Train, o.Command)
	for _, p := range s.Parameters {
		refuse("parameters:", append([]string{p.Key}, p.Choices...)...)
	}
	return problems
}

func (s *Sweep) checkNumbers() (problems []error) {
	for _, v := range []struct {
		key   string
		value int
	}{{"parallel", s.Parallel}, {"threads", s.Threads}, {"trials", s.Trials}} {
		if v.value < 0 || v.value > mostTrials {
			problems = append(problems, fmt.Errorf("%s is %d; use 0 or more, at most %d", v.key, v.value, mostTrials))
		}
	}
	if len(s.Devices) > 0 && s.Parallel > len(s.Devices) {
		problems = append(problems, fmt.Errorf("parallel is %d, but there are %d devices; name a device twice to share it",
			s.Parallel, len(s.Devices)))
	}
	return problems
}

func (s *Sweep) checkMethod() (problems []error) {
	switch s.Method {
	case "random", "tpe":
		if s.Trials == 0 {
			problems = append(problems, errors.New("trials is missing: how many should be drawn?"))
		}
	case "grid":
		points := 1
		for _, p := range s.Parameters {
			values, err := p.grid()
			if err != nil {
				problems = append(problems, err)
			}
			s.grid = append(s.grid, values)
			points *= max(1, len(values))
			if points > mostTrials {
				return append(problems, fmt.Errorf("the grid has more than %d points; use method: random", mostTrials))
			}
		}
		if s.Trials != 0 && s.Trials != points {
			problems = append(problems, fmt.Errorf("trials is %d, but the grid has %d points; "+
				"leave trials out, or use method: random", s.Trials, points))
		}
		s.Trials = points
	default:
		problems = append(problems, fmt.Errorf("method is %q; use grid, random or tpe", s.Method))
	}
	return problems
}

// mostTrials is the largest number of trials of a sweep: folders are named by four digits.
const mostTrials = 10000

func (s *Sweep) checkEarlyStopping() (problems []error) {
	e := s.EarlyStopping
	if e == nil {
		return nil
	}
	if e.Eta == 0 {
		e.Eta = 3
	}
	if e.Eta < 2 {
		problems = append(problems, fmt.Errorf("early_stopping.eta is %d; use 2 or more", e.Eta))
	}
	if steps := s.base.Train.Steps; e.First < 1 || e.First >= steps {
		problems = append(problems, fmt.Errorf("early_stopping.first is %d; use 1 to below train.steps, which is %d",
			e.First, steps))
	}
	if s.Objective.Metric == "" {
		return problems
	}
	if every := s.base.Log.Every; every == 0 || e.First%every != 0 {
		problems = append(problems, fmt.Errorf("early_stopping.first is %d, but metrics are logged "+
			"every %d steps (log.every); use a multiple", e.First, every))
	}
	if s.Objective.Phase != config.PhaseTrain {
		problems = append(problems, fmt.Errorf("early_stopping needs an objective of the phase %s", config.PhaseTrain))
	}
	return problems
}

// checkTrials loads the config of every trial that is known in advance, or else the base's.
func (s *Sweep) checkTrials() (problems []error) {
	if s.Method == "tpe" {
		_, err := s.config(s.draw(0))
		return appendError(nil, err)
	}
	for k := range s.Trials {
		settings := s.draw(k)
		if _, err := s.config(settings); err != nil {
			return appendError(problems, fmt.Errorf("trial %d (%s): %w", k, describe(settings), err))
		}
	}
	return nil
}

func appendError(problems []error, err error) []error {
	if err == nil {
		return problems
	}
	return append(problems, err)
}

// config returns a trial's config. A config that validates on its own test images is refused.
func (s *Sweep) config(settings []Setting) (config.Config, error) {
	all := slices.Clone(s.Settings)
	for _, setting := range settings {
		all = append(all, setting.String())
	}
	c, err := config.Load(s.Preset, s.Config, all)
	if err != nil {
		return c, err
	}
	return c, s.Objective.checkValidation(c)
}
