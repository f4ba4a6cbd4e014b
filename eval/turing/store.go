package turing

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"simgan/internal/atomicfile"
	"simgan/internal/inputfile"
	"simgan/internal/jsonfile"
	"simgan/trainer/rundir"
)

// record is the JSON of a test, RUN/turing/NNN.json. An unfinished test continues from it.
type record struct {
	Settings Settings `json:"settings"`
	Done     bool     `json:"done"`
	Result   Result   `json:"result"`
	Answers  []Answer `json:"answers"`
}

// store holds the tests of a run.
type store struct{ run string }

func (s store) folder() string { return filepath.Join(s.run, rundir.TuringFolder) }

// path returns the file of test number n, from 1.
func (s store) path(n int, extension string) string {
	return filepath.Join(s.folder(), fmt.Sprintf("%03d.%s", n, extension))
}

// numbered is a test of the store.
type numbered struct {
	n int
	record
}

// records returns all tests of the run, in order.
func (s store) records() (all []numbered, err error) {
	entries, err := os.ReadDir(s.folder())
	if err != nil {
		return nil, ignoreMissing(err)
	}
	for _, e := range entries {
		name, isJSON := strings.CutSuffix(e.Name(), ".json")
		n, err := strconv.Atoi(name)
		if !isJSON || err != nil || n < 1 {
			continue
		}
		r := numbered{n: n}
		if err := readJSON(filepath.Join(s.folder(), e.Name()), &r.record); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b numbered) int { return a.n - b.n })
	return all, nil
}

func readJSON(path string, r *record) error {
	text, err := inputfile.Read(path, inputfile.Small)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, r); err != nil {
		return fmt.Errorf("%s: %w: remove the file to leave the test out", path, err)
	}
	return nil
}

// save writes test number n: the JSON that continues it, and every answer as CSV.
func (s store) save(n int, t *Test) error {
	if err := os.MkdirAll(s.folder(), 0o755); err != nil {
		return err
	}
	err := jsonfile.Write(s.path(n, "json"), record{t.Settings, t.Done, t.result(), t.Answers})
	if err != nil {
		return err
	}
	var text bytes.Buffer
	rows := csv.NewWriter(&text)
	names := []string{"image"}
	if t.Settings.Pairs {
		names = []string{"left", "right"}
	}
	_ = rows.Write(append(append([]string{"question"}, names...), "truth", "answer", "correct", "seconds"))
	for i, a := range t.Answers {
		q := t.Questions[i]
		row := append([]string{strconv.Itoa(i + 1)}, q.Names...)
		_ = rows.Write(append(row, q.Truth, a.Said, strconv.FormatBool(a.Said == q.Truth),
			strconv.FormatFloat(a.Seconds, 'f', 1, 64)))
	}
	rows.Flush() // a buffer takes every write
	return atomicfile.Write(s.path(n, "csv"), text.Bytes())
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Summary is RUN/turing.json: the finished tests of a run.
type Summary struct {
	Tests  []Finished `json:"tests"`
	Pooled []Pool     `json:"pooled"` // tests of one kind and checkpoint together, the newest kind first
}

// Finished is a finished test.
type Finished struct {
	File     string   `json:"file"` // every answer, a path below the run folder
	Settings Settings `json:"settings"`
	Result   Result   `json:"result"`
}

// Pool holds the figures of all tests of one kind and checkpoint.
type Pool struct {
	Pairs      bool   `json:"pairs"`
	Checkpoint string `json:"checkpoint"`
	Tests      int    `json:"tests"`
	Result     Result `json:"result"`
}

// summarize writes turing.json and returns the pool that the settings belong to.
func (s store) summarize(of Settings) (own Pool, err error) {
	records, err := s.records()
	if err != nil {
		return own, err
	}
	sum := Summary{Pooled: []Pool{{Pairs: of.Pairs, Checkpoint: of.Checkpoint}}}
	for _, r := range records {
		if !r.Done {
			continue
		}
		file, err := filepath.Rel(s.run, s.path(r.n, "csv"))
		if err != nil {
			return own, err
		}
		sum.Tests = append(sum.Tests, Finished{file, r.Settings, r.Result})
		sum.add(r.record)
	}
	return sum.Pooled[0], jsonfile.Write(filepath.Join(s.run, rundir.TuringFile), sum)
}

func (s *Summary) add(r record) {
	for i := range s.Pooled {
		if p := &s.Pooled[i]; p.Pairs == r.Settings.Pairs && p.Checkpoint == r.Settings.Checkpoint {
			p.Tests, p.Result = p.Tests+1, r.Result.plus(p.Result)
			return
		}
	}
	s.Pooled = append(s.Pooled, Pool{r.Settings.Pairs, r.Settings.Checkpoint, 1, r.Result})
}
