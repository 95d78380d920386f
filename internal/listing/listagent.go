package listing

import (
	"context"
	"fmt"
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/metrics"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

func syncKey(userID, syncID string) table.Key { return table.UserKey(userID, "MLSSYNC#"+syncID) }

// longestSyncID keeps a sync's id short enough for a key.
const longestSyncID = 256

// ListAgents are the MLS ids of the agents who list the listings, in their order: what the provider says, else the agent of
// the sync that stored the listing; "" where neither is known (rules: Listings).
func (r *Reader) ListAgents(ctx context.Context, listings []Listing) ([]string, error) {
	if err := r.lookingAtSyncs.Acquire(ctx, 1); err != nil {
		return nil, fmt.Errorf("sync jobs: %w", err)
	}
	defer r.lookingAtSyncs.Release(1)
	if err := r.readSyncs(ctx, listings); err != nil {
		return nil, fmt.Errorf("sync jobs: %w", err)
	}
	agents := make([]string, len(listings))
	for i, listing := range listings {
		agents[i] = listing.ListAgentMLSID
		if agents[i] == "" {
			agents[i] = r.syncAgents[listing.SyncID]
		}
	}
	return agents, nil
}

// readSyncs reads the agents of those syncs that have not been read before.
func (r *Reader) readSyncs(ctx context.Context, listings []Listing) error {
	var unread []table.Key
	ids := map[table.Key]string{}
	for _, listing := range listings {
		_, known := r.syncAgents[listing.SyncID]
		if known || listing.ListAgentMLSID != "" || listing.SyncID == "" || len(listing.SyncID) > longestSyncID {
			continue
		}
		key := syncKey(r.userID, listing.SyncID)
		r.syncAgents[listing.SyncID] = ""
		unread, ids[key] = append(unread, key), listing.SyncID
	}
	found, err := r.items.GetAll(ctx, unread)
	if err != nil {
		for _, id := range ids {
			delete(r.syncAgents, id)
		}
		return err
	}
	for _, item := range found {
		var sync struct {
			AgentID text `dynamodbav:"agentId"`
		}
		if err := table.Decode(item, &sync); err != nil {
			metrics.Add(ctx, metrics.ItemsUnreadable, 1)
			continue
		}
		r.syncAgents[ids[item.Key]] = strings.TrimSpace(string(sync.AgentID))
	}
	return nil
}
