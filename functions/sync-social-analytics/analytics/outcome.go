package analytics

import (
	"context"

	"github.com/bayon-coagent/event-consumers/internal/table"
)

// Why a platform's posts cannot be synced, in words for the agent.
const (
	reasonNotConnected = "The account is not connected. Please connect it again."
	reasonUnreadable   = "The connection cannot be read. Please connect the account again."
)

// end records how the sync of a platform ended, and tells the bus of it. A sync that is not over is neither recorded nor
// told: the retry goes on with it. complete says that all of the agent's posts were looked at.
func (p *pass) end(ctx context.Context, sync *platformSync, complete bool) error {
	ended := record{
		UserID:       p.userID,
		Channel:      sync.platform,
		SyncID:       sync.id,
		Status:       syncCompleted,
		LastSyncedAt: table.Date{Time: p.now()},
		ItemsSynced:  sync.synced,
	}
	switch {
	case sync.denied != "":
		ended.Status, ended.Error = syncFailed, sync.denied
	case sync.foundPaused && !sync.looked:
		return nil
	case !sync.pausedUntil.IsZero():
		ended.Status, ended.PausedUntil = syncPaused, &table.Date{Time: sync.pausedUntil}
	case sync.left > 0:
		return sync.unsynced()
	case !complete || !sync.looked:
		return nil
	}
	recorded, err := p.save(ctx, ended)
	if err != nil {
		return err
	}
	return p.tell(ctx, recorded)
}
