package sweep

import (
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"simgan/internal/exit"
	"simgan/trainer/config"
)

func TestProblemsAreNamedWithTheirLine(t *testing.T) {
	const fine = "parameters: {train.lambda: {uniform: [0, 1]}}\ntrials: 2\n" +
		"objective: {metric: l_reg, direction: minimise}\n"
	for name, c := range map[string]struct{ text, want string }{
		"unknown key":        {"seed: 1\nsead: 2\n" + fine, "line 2: field sead is no key of a sweep"},
		"unknown inner key":  {strings.Replace(fine, "metric", "metrik", 1), "line 3: field metrik is no key of objective"},
		"unknown kind":       {strings.Replace(fine, "uniform", "normal", 1), `line 1: "normal" is unknown`},
		"unknown config key": {strings.Replace(fine, "train.lambda", "train.lamda", 1), "lamda is no config key"},
		"bounds":             {strings.Replace(fine, "[0, 1]", "[1, 0]", 1), "low 1 is not below high 0"},
		"log of 0":           {strings.Replace(fine, "uniform", "loguniform", 1), "more than 0"},
		"no parameters":      {"trials: 2\n", "parameters are missing"},
		"no objective":       {strings.Split(fine, "objective")[0], "objective is missing"},
		"no trials":          {strings.Replace(fine, "trials: 2", "", 1), "trials is missing"},
		"method":             {fine + "method: bayes\n", "use grid, random or tpe"},
		"grid of a range":    {strings.Replace(fine, "trials: 2", "method: grid", 1), "needs points"},
		"bad value":          {strings.Replace(fine, "[0, 1]", "[-2, -1]", 1), "train.lambda is -"},
		"steps and rungs":    {strings.Replace(fine, "train.lambda: {uniform", "train.steps: {int", 1) + "early_stopping: {first: 50}\n", "of the same length"},
		"rung off the log":   {fine + "early_stopping: {first: 30}\n", "use a multiple"},
		"threads":            {strings.Replace(fine, "train.lambda: {uniform", "threads: {int", 1), "the sweep sets it"},
		"evaluation":         {strings.Replace(fine, "metric: l_reg", "evaluation: regresion", 1), `did you mean "regression"?`},
		"labels of gaze":     {strings.Replace(fine, "metric: l_reg", "evaluation: gaze, labels: x", 1), "objective.labels belongs to"},
		"kind of error":      {strings.Replace(fine, "metric: l_reg", "evaluation: regression, error: square", 1), "absolute or angular"},
		"no program":         {strings.Replace(fine, "metric: l_reg", "evaluation: external", 1), "objective.train is missing"},
		"no validation":      {strings.Replace(fine, "metric: l_reg", "evaluation: gaze", 1), "another seed of the built-in eyes"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "s.yaml")
			if err := os.WriteFile(path, []byte(c.text), 0o644); err != nil {
				t.Fatal(err)
			}
			if _, err := Load(path, ""); !errors.Is(err, exit.ErrUsage) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v does not say %q", err, c.want)
			}
		})
	}
}

// Nothing may be chosen by the test images, whatever the SPEC adds to their name.
func TestValidationIsNotTheTestSet(t *testing.T) {
	for _, c := range []struct {
		validation, test string
		refused          bool
	}{
		{"simulated:eyes,domain=real,seed=3", "simulated:eyes,domain=real,n=1000,seed=3", true},
		{"simulated:eyes,domain=real,seed=4", "simulated:eyes,domain=real,n=1000,seed=3", false},
		{"simulated:eyes,seed=3", "simulated:eyes,domain=real,seed=3", false},
		{"folder:a/b/,size=35x55", "folder:a/b,grey=true", true},
		{"folder:a/c", "folder:a/b", false},
		{"mpiigaze:m,people=p00+p01", "mpiigaze:m,people=p01+p02", true},
		{"mpiigaze:m,people=p00+p01", "mpiigaze:m,people=p02", false},
		{"mpiigaze:m,people=p00", "mpiigaze:m", true},
		{"folder:a", "", false},
	} {
		o := Objective{Validation: c.validation}
		err := o.checkValidation(config.Config{Data: config.Data{Test: c.test}})
		if (err != nil) != c.refused {
			t.Errorf("validation %s, test %s: %v", c.validation, c.test, err)
		}
		if err != nil && !strings.Contains(err.Error(), "seed=4") {
			t.Errorf("%v does not say how to make one", err)
		}
	}
}

func parameter(t *testing.T, text string) Parameter {
	t.Helper()
	var node yaml.Node
	if err := yaml.Unmarshal([]byte("k: "+text), &node); err != nil {
		t.Fatal(err)
	}
	p, problems := parseParameters(node.Content[0])
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return p[0]
}

func TestParametersDrawWhatTheySay(t *testing.T) {
	for text, c := range map[string]struct {
		grid []string
		mean float64 // of the places drawn
	}{
		"{int: [1, 4]}":                                 {[]string{"1", "2", "3", "4"}, 2.5},
		"{loguniform: [0.001, 10], points: 5}":          {[]string{"0.001", "0.01", "0.1", "1", "10"}, math.Log(0.1)},
		"{uniform: [-1, 2], points: 3}":                 {[]string{"-1", "0.5", "2"}, 0.5},
		"{choices: [sgd, adam, 'a b']}":                 {[]string{"sgd", "adam", "a b"}, 1},
		"{int: [1, 100], points: 3}":                    {[]string{"1", "51", "100"}, 50.5},
		"{loguniform: [0.000123, 0.000456], points: 2}": {[]string{"0.000123", "0.000456"}, (math.Log(0.000123) + math.Log(0.000456)) / 2},
	} {
		p := parameter(t, text)
		if grid, err := p.grid(); err != nil || !slices.Equal(grid, c.grid) {
			t.Errorf("%s: grid %q, %v", text, grid, err)
		}
		random := rand.New(rand.NewPCG(1, 1))
		low, high := p.span()
		sum := 0.0
		for range 2000 {
			place := p.draw(random)
			if back, ok := p.place(p.text(place)); !ok || math.Abs(back-place) > 0.5001 {
				t.Fatalf("%s: place %g is written %s and read as %g", text, place, p.text(place), back)
			}
			sum += place / 2000
		}
		if math.Abs(sum-c.mean) > (high-low)/20 {
			t.Errorf("%s: mean place %g, want %g", text, sum, c.mean)
		}
	}
}

// A trial's parameters depend on the seed and its number only, so that array tasks and a sweep agree.
func TestDrawsAreReproducible(t *testing.T) {
	const text = "parameters: {train.lambda: {uniform: [0, 1]}, train.k_g: {int: [1, 50]}}\ntrials: 20\n" +
		"objective: {metric: l_reg, direction: maximize}\n"
	s, _ := fake(t, text)
	again, _ := fake(t, text)
	other, _ := fake(t, text+"seed: 2\n")
	seen := map[string]bool{}
	for k := 19; k >= 0; k-- {
		words := describe(s.draw(k))
		if words != describe(again.draw(k)) || words == describe(other.draw(k)) || seen[words] {
			t.Errorf("trial %d: %s, again %s, other seed %s", k, words, describe(again.draw(k)), describe(other.draw(k)))
		}
		seen[words] = true
	}
}

// TPE learns choices too, and learns from trials that diverged or were stopped early.
func TestTPELearnsFromAllTrials(t *testing.T) {
	s, _ := fake(
		t,
		"parameters: {train.psi: {choices: [identity, mean, derivatives]}}\nmethod: tpe\ntrials: 60\n"+
			"objective: {metric: L_R, direction: maximise}\n",
	)
	var trials []*Trial
	count := map[string]int{}
	for k := range s.Trials {
		trial := s.newTrial(k, s.next(k, trials))
		psi := trial.Settings[0].Value
		value := map[string]float64{"identity": 1, "derivatives": 2}[psi]
		switch {
		case psi == "mean":
			trial.Status = Diverged
		case k%2 == 0:
			trial.Status, trial.Rungs = Stopped, []Rung{{10, value}}
		default:
			trial.Status, trial.Value = Done, &value
		}
		trials = append(trials, trial)
		count[psi]++
	}
	if count["derivatives"] < 35 {
		t.Errorf("60 trials tried %v; derivatives are best", count)
	}
}

// A control character in anything that reaches a printed command or script is refused, wherever it stands.
func TestControlCharactersAreRefused(t *testing.T) {
	const fine = "parameters: {train.lambda: {uniform: [0, 1]}}\ntrials: 2\n" +
		"objective: {metric: l_reg, direction: minimise}\n"
	load := func(name, dir, text string) error {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := Load(path, dir)
		return err
	}
	if err := load("s.yaml", "", fine); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"dir":        load("s.yaml", "out\ntouch x", fine),
		"sweep file": load("s\n.yaml", "", fine),
		"settings":   load("s.yaml", "", fine+"settings: [\"data.real=folder:a\\ntouch x\"]\n"),
		"parameters": load("s.yaml", "", strings.Replace(fine, "train.lambda: {uniform: [0, 1]}", `data.real: {choices: ["folder:a\ntouch x"]}`, 1)),
		"devices":    load("s.yaml", "", fine+"devices: [\"cpu\\ttouch\"]\n"),
		"objective":  load("s.yaml", "", strings.Replace(fine, "metric: l_reg", `metric: "l\e[2J"`, 1)),
		"objective:": load("s.yaml", "", strings.Replace(fine, "metric: l_reg",
			`evaluation: external, validation: "folder:a", train: "python a.py\n"`, 1)),
	} {
		if err == nil || !errors.Is(err, exit.ErrUsage) || !strings.Contains(err.Error(), "control character") ||
			!strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
