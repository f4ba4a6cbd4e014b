// Command simgan is a fake for the tests of experiment: it trains and evaluates as far as an experiment sees, without
// torch. Each call is a line of $FAKE_LOG. A call whose number is $FAKE_STOP ends as one that a signal stopped. Runs
// diverge by $FAKE_DIVERGES: seed 2 without history if it is 1, those with a history if it is first, all if it is all.
// The error of estimator k, trained on refined images of a run with seed s, is 5 + s, or 7 + s without history; of
// synthetic 10, of control 8, of real 4; plus 0.1 k.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

func main() {
	args := os.Args[1:]
	flags := map[string][]string{}
	for i := 1; i < len(args); i++ {
		if name, ok := strings.CutPrefix(args[i], "--"); ok && i+1 < len(args) {
			flags[name] = append(flags[name], args[i+1])
		}
	}
	log, err := os.OpenFile(os.Getenv("FAKE_LOG"), os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o644)
	check(err)
	fmt.Fprintln(log, args[0], flags["run"], flags["only"])
	before, err := os.ReadFile(log.Name())
	check(err)
	if strconv.Itoa(strings.Count(string(before), "\n")) == os.Getenv("FAKE_STOP") {
		os.Exit(143)
	}
	if args[0] == "train" {
		train(flags["run"][0], flags["set"])
		return
	}
	evaluate(flags)
}

func train(dir string, settings []string) {
	values := map[string]string{}
	for _, s := range settings {
		key, value, _ := strings.Cut(s, "=")
		values[key] = value
	}
	without := values["train.history"] == "0"
	if map[string]bool{"1": values["seed"] == "2" && without, "first": !without, "all": true}[os.Getenv("FAKE_DIVERGES")] {
		fmt.Println("L_D is NaN")
		os.Exit(3)
	}
	check(os.MkdirAll(dir, 0o755))
	config := fmt.Sprintf("seed: %s\n", values["seed"])
	if history, ok := values["train.history"]; ok {
		config += fmt.Sprintf("train: {history: %s}\n", history)
	}
	write(filepath.Join(dir, "config.yaml"), config)
	write(filepath.Join(dir, "metrics.jsonl"), `{"step":1,"phase":"train","l_reg":1}`+"\n")
	write(filepath.Join(dir, "DONE"), "")
}

type figures struct {
	CI95    [2]float64 `json:"ci95"`
	PerSeed []float64  `json:"per_seed"`
	Within  float64    `json:"within_7_degrees"`
}

func evaluate(flags map[string][]string) {
	var refined []float64
	for _, run := range flags["run"] {
		text, err := os.ReadFile(filepath.Join(run, "config.yaml"))
		check(err)
		var seed float64
		_, err = fmt.Sscanf(string(text), "seed: %g", &seed)
		check(err)
		refined = append(refined, 5+seed)
		if strings.Contains(string(text), "history: 0") {
			refined[len(refined)-1] += 2
		}
	}
	seeds, err := strconv.Atoi(flags["seeds"][0])
	check(err)
	result := map[string]any{"metric": "mean_degrees", "unit": "degrees", "runs": flags["run"]}
	for key, errors := range map[string][]float64{
		"synthetic": {10}, "control": {8}, "refined": refined, "refined_control": refined, "real": {4},
	} {
		if only := flags["only"]; only != nil && strings.ReplaceAll(only[0], "+", "_") != key {
			continue
		}
		f := figures{Within: 0.5}
		for _, e := range errors {
			for k := range seeds {
				f.PerSeed = append(f.PerSeed, e+0.1*float64(k))
			}
		}
		f.CI95 = [2]float64{errors[0] - 1, errors[0] + 1}
		result[key] = f
	}
	text, err := json.Marshal(result)
	check(err)
	write(flags["json"][0], string(text))
}

func write(path, text string) { check(os.WriteFile(path, []byte(text), 0o644)) }

func check(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
