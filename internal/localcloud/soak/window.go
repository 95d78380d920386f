package soak

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
	"time"
)

// Windows are, by SES and each network, how long it took from the moment when a mail or a post was made, by the clock of the
// sandbox, until the function had the answer and wrote it down, by the time in the item, which counts milliseconds. The
// write itself comes on top. A post whose answer was lost counts until it was found.
func Windows(evidence Evidence) map[string][]time.Duration {
	windows := map[string][]time.Duration{}
	add := func(of string, made time.Time, recorded string) {
		if at, err := time.Parse(time.RFC3339, recorded); err == nil {
			windows[of] = append(windows[of], max(0, at.Sub(made.Truncate(time.Millisecond))))
		}
	}
	sent := map[string]time.Time{}
	for _, mail := range evidence.Mails {
		sent[mail.MessageID] = mail.SentAt
	}
	for _, job := range evidence.Table.Jobs {
		if made, found := sent[job.MessageID]; found && job.Status == "sent" {
			add("SES", made, job.ProcessedAt)
		}
	}
	posted := map[string]time.Time{}
	for _, post := range evidence.Posts {
		posted[post.Platform+" "+post.PostID] = post.PostedAt
	}
	for _, content := range evidence.Table.Contents {
		for _, result := range content.PublishResults {
			made, found := posted[result.Channel+" "+result.PlatformPostID]
			if found && result.Success {
				add(result.Channel, made, result.UpdatedAt)
			}
		}
	}
	return windows
}

// WriteWindows prints the distribution of each window.
func WriteWindows(to io.Writer, windows map[string][]time.Duration) error {
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "From effect to record\tmeasured\tp50\tp99\tlongest\t")
	for _, of := range slices.Sorted(maps.Keys(windows)) {
		all := slices.Sorted(slices.Values(windows[of]))
		at := func(share float64) time.Duration { return all[int(share*float64(len(all)-1))] }
		const half, most = 0.5, 0.99
		fmt.Fprintf(table, "%s\t%d\t%v\t%v\t%v\t\n", of, len(all), at(half), at(most), all[len(all)-1])
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("print the windows: %w", err)
	}
	return nil
}
