package report

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"simgan/internal/shellwords"
	"simgan/internal/showtext"
	"simgan/trainer/config"
	"simgan/trainer/rundir"
)

// statusShown is what status.html shows: where the run is, or how it ended and what to do.
type statusShown struct {
	Bad      bool // the run ended otherwise than its user wanted
	Head     string
	Reason   string
	Do       string // what to do next
	Command  string
	Warnings []string // the last ones of log.txt
}

func showStatus(r *run) (any, error) {
	shown := statusShown{}
	switch last := r.last(); {
	case r.trains:
		shown.Head = r.running(time.Now())
	case r.done != "" || last != nil && last.Outcome == rundir.Finished:
		shown.Head = r.finished()
	case last == nil:
		shown.Bad, shown.Head, shown.Reason = true, "This run is not finished: there is no DONE.", lastLine(r.dir)
		shown.Do, shown.Command = "If no process trains it, continue it:", r.resume("")
	default:
		shown = r.ended(*last)
	}
	warnings, err := warnings(r.dir)
	shown.Warnings = warnings
	return shown, err
}

// finished says when the run finished, and how long it took.
func (r *run) finished() string {
	last := r.last()
	if last == nil || last.Ended == nil {
		return "Finished " + r.done + "."
	}
	text := fmt.Sprintf("Finished %s, trained for %s", last.Ended.Format(time.DateTime), length(r.origin.Seconds()))
	if n := len(r.origin.Trainings()); n > 1 {
		text += fmt.Sprintf(" in %d processes", n)
	}
	return text + "."
}

// running says where the run is.
func (r *run) running(now time.Time) string {
	text := fmt.Sprintf("Training; written %s. The page loads itself again every 20 seconds and shows each new sample "+
		"grid.", now.Format(time.DateTime))
	if len(r.records) == 0 {
		return text
	}
	newest := r.records[len(r.records)-1]
	if !newest.In(config.PhaseTrain) {
		return "Pretraining. " + text
	}
	step, total := newest.Step(), r.config.Train.Steps
	return fmt.Sprintf("Step %.0f of %d (%.0f %%). ", step, total, 100*step/float64(max(1, total))) + text
}

// ended says how the last process of an unfinished run ended.
func (r *run) ended(p rundir.Process) statusShown {
	at := fmt.Sprintf("%s step %d", p.Phase, p.Step)
	shown := statusShown{Bad: true, Reason: p.Reason, Do: "Continue exactly there:", Command: r.resume("")}
	switch p.Outcome {
	case rundir.Paused:
		shown.Bad, shown.Reason, shown.Head = false, "", "Paused at "+at+" as train --until asked, and saved."
	case rundir.Stopped:
		shown.Bad, shown.Head = false, "Stopped at "+at+", and saved."
	case rundir.Guarded:
		shown.Head = "A guard stopped this run at " + at + ". It is saved."
		shown.Do = "Change what the guard advises, for instance, and continue:"
		shown.Command = r.resume(advised(p.Reason))
	case rundir.Diverged:
		shown.Head = "Training diverged at " + at + ": a value is NaN or infinite. No checkpoint holds it."
		shown.Do = "Continue from the newest checkpoint, which is from before it, with lower learning rates:"
		shown.Command = r.resume(fmt.Sprintf("train.lr_refiner=%g --set train.lr_discriminator=%g",
			r.config.Train.LRRefiner/2, r.config.Train.LRDiscriminator/2))
	case rundir.Failed:
		shown.Head = "An error ended this run at " + at + "."
		shown.Do = "Once its cause is removed, continue from the newest checkpoint:"
	default:
		began := p.Started.Format(time.DateTime)
		shown.Head = fmt.Sprintf("The process that began on %s (host %s) left no end.", began, p.Host)
		shown.Reason = "It was killed, for instance for want of memory, or its machine failed. " + lastLine(r.dir)
		shown.Do = "Continue from the newest checkpoint:"
	}
	return shown
}

// resume returns the command that continues the run, with a setting unless that is empty.
func (r *run) resume(setting string) string {
	command := shellwords.Join("simgan", "train", "--run", r.dir, "--resume")
	if setting != "" {
		command += " --set " + setting
	}
	return command
}

// advised returns the first config key that a guard's advice names, with a place for its value.
func advised(reason string) string {
	for word := range strings.FieldsSeq(reason) {
		if word = strings.Trim(word, ",;:."); strings.HasPrefix(word, "train.") {
			return word + "=VALUE"
		}
	}
	return ""
}

// warningsShown is the largest number of warnings on the page.
const warningsShown = 5

// warnings returns the last different warnings of log.txt.
func warnings(dir string) (found []string, err error) {
	lines, err := logLines(dir)
	for _, line := range slices.Backward(lines) {
		_, text, _ := strings.Cut(line, " ") // after the time
		if strings.HasPrefix(text, "warning:") && !slices.Contains(found, text) && len(found) < warningsShown {
			found = append(found, text)
		}
	}
	slices.Reverse(found)
	return found, err
}

// lastLine returns the last line of log.txt as a sentence, or nothing.
func lastLine(dir string) string {
	lines, err := logLines(dir)
	if err != nil || len(lines) == 0 {
		return ""
	}
	return "The last line of log.txt: " + lines[len(lines)-1]
}

// logTail is how much of log.txt is read, in bytes from its end.
const logTail = 1 << 20

func logLines(dir string) ([]string, error) {
	file, err := os.Open(filepath.Join(dir, rundir.LogFile))
	if err != nil {
		return nil, nil // a run that never began has none
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	text := make([]byte, min(info.Size(), logTail))
	n, err := file.ReadAt(text, info.Size()-int64(len(text)))
	if n < len(text) {
		return nil, err
	}
	return strings.Split(strings.TrimSpace(showtext.Clean(string(text))), "\n"), nil
}

// length returns a time in words, as 1h2m3s.
func length(seconds float64) string {
	return time.Duration(seconds * float64(time.Second)).Round(time.Second).String()
}
