package bus

import (
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

// archiveEnabled is the state of each archive: the local cloud makes and changes them at once.
const archiveEnabled = "ENABLED"

type createArchiveRequest struct {
	ArchiveName, EventSourceArn, Description, EventPattern string
	RetentionDays                                          int
}

// changedArchive is the answer to changes of an archive.
type changedArchive struct {
	ArchiveArn, State string
	CreationTime      float64
}

func (b *Bus) createArchive(request *createArchiveRequest) (any, error) {
	if request.EventSourceArn == "" {
		return nil, required("eventSourceArn")
	}
	bus, isBus := strings.CutPrefix(request.EventSourceArn, awsapi.ARN("events", busARNPrefix))
	if !isBus {
		return nil, notValid("EventSourceArn", "Must contain an event bus ARN.")
	}
	made, err := b.putArchive(Archive{
		Name: request.ArchiveName, Bus: bus, Description: request.Description, Pattern: request.EventPattern,
		RetentionDays: request.RetentionDays,
	}, true)
	if err != nil {
		return nil, err
	}
	return changedArchive{ArchiveArn: archiveARN(made.Name), State: archiveEnabled, CreationTime: seconds(made.Created)}, nil
}

type archiveRequest struct{ ArchiveName string }

func (r *archiveRequest) check() error {
	if r.ArchiveName == "" {
		return required("archiveName")
	}
	return nil
}

// archiveSummary is an archive in a list.
type archiveSummary struct {
	ArchiveName, EventSourceArn, State   string
	RetentionDays, EventCount, SizeBytes int
	CreationTime                         float64
}

type archiveDescription struct {
	archiveSummary
	ArchiveArn                string
	Description, EventPattern string `json:",omitempty"`
}

// summary counts what is in the archive, and needs time for it.
func (b *Bus) summary(entry *archiveEntry) (archiveSummary, error) {
	summary := archiveSummary{
		ArchiveName: entry.Name, EventSourceArn: busARN(entry.Bus), State: archiveEnabled, RetentionDays: entry.RetentionDays,
		CreationTime: seconds(entry.Created),
	}
	err := b.State.Scan(numberKey(keyArchived, entry.Number), after(numberKey(keyArchived, entry.Number)), func(_, event []byte) (bool, error) {
		summary.EventCount++
		summary.SizeBytes += len(event)
		return true, nil
	})
	if err != nil {
		return summary, internalFailure(err)
	}
	return summary, nil
}

func (b *Bus) describeArchive(request *archiveRequest) (any, error) {
	if err := request.check(); err != nil {
		return nil, err
	}
	entry, err := b.archive(request.ArchiveName)
	if err != nil {
		return nil, err
	}
	summary, err := b.summary(entry)
	return archiveDescription{
		archiveSummary: summary, ArchiveArn: archiveARN(entry.Name), Description: entry.Description, EventPattern: entry.Pattern,
	}, err
}

type listArchivesRequest struct {
	NamePrefix, State, EventSourceArn string
	page
}

type listArchivesAnswer struct {
	Archives  []archiveSummary
	NextToken string `json:",omitempty"`
}

func (b *Bus) listArchives(request *listArchivesRequest) (any, error) {
	if err := oneFilter("ListArchives", request.State, request.EventSourceArn, request.NamePrefix); err != nil {
		return nil, err
	}
	var c constraints
	c.oneOf(request.State, "state", "ENABLED", "DISABLED", "CREATING", "UPDATING", "CREATE_FAILED", "UPDATE_FAILED")
	if err := c.err(); err != nil {
		return nil, err
	}
	entries, err := b.archivesLike(request)
	if err != nil {
		return nil, err
	}
	entries, next, err := cut(entries, request.page, func(entry *archiveEntry) string { return entry.Name })
	if err != nil {
		return nil, err
	}
	answer := listArchivesAnswer{Archives: []archiveSummary{}, NextToken: next}
	for _, entry := range entries {
		summary, err := b.summary(entry)
		if err != nil {
			return nil, err
		}
		answer.Archives = append(answer.Archives, summary)
	}
	return answer, nil
}

func (b *Bus) archivesLike(request *listArchivesRequest) ([]*archiveEntry, error) {
	b.admin.Lock()
	defer b.admin.Unlock()
	if request.EventSourceArn != "" {
		if bus := busOf(request.EventSourceArn); b.catalogue.buses[bus] == nil {
			return nil, noSuchBus(strings.TrimPrefix(bus, busARNPrefix))
		}
	}
	var entries []*archiveEntry
	for name, entry := range b.catalogue.archives {
		if strings.HasPrefix(name, request.NamePrefix) && (request.State == "" || request.State == archiveEnabled) &&
			(request.EventSourceArn == "" || entry.Bus == busOf(request.EventSourceArn)) {
			entries = append(entries, entry)
		}
	}
	return entries, nil
}

type updateArchiveRequest struct {
	archiveRequest
	Description, EventPattern *string
	RetentionDays             *int
}

// updateArchive changes what is given. AWS has been seen to answer InternalException to the name of an archive that is not
// there; the answer here is the one that its API reference names.
func (b *Bus) updateArchive(request *updateArchiveRequest) (any, error) {
	if err := request.check(); err != nil {
		return nil, err
	}
	entry, err := b.archive(request.ArchiveName)
	if err != nil {
		return nil, err
	}
	changed := entry.Archive
	if request.Description != nil {
		changed.Description = *request.Description
	}
	if request.EventPattern != nil {
		changed.Pattern = *request.EventPattern
	}
	if request.RetentionDays != nil {
		changed.RetentionDays = *request.RetentionDays
	}
	entry, err = b.putArchive(changed, false)
	if err != nil {
		return nil, err
	}
	return changedArchive{ArchiveArn: archiveARN(entry.Name), State: archiveEnabled, CreationTime: seconds(entry.Created)}, nil
}

func (b *Bus) deleteArchive(request *archiveRequest) (any, error) {
	if err := request.check(); err != nil {
		return nil, err
	}
	return struct{}{}, b.DeleteArchive(request.ArchiveName)
}
