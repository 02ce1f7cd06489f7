package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"sync"
)

// The analytics of examples/mixed-fleet: remembers in memory who is tracked.
var tracked sync.Map

func init() {
	handlers["analytics-init-tracking"] = func(_ context.Context, input json.RawMessage, _ string) (any, error) {
		user, err := userOf(input)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256([]byte(user)) // the same for the same user, should the task come twice
		id, _ := tracked.LoadOrStore(user, "trk_"+hex.EncodeToString(sum[:8]))
		return map[string]any{"trackingId": id}, nil
	}
	handlers["analytics-delete-tracking"] = func(_ context.Context, input json.RawMessage, _ string) (any, error) {
		user, err := userOf(input)
		if err != nil {
			return nil, err
		}
		_, was := tracked.LoadAndDelete(user)
		return map[string]bool{"deleted": was}, nil
	}
}

func userOf(input json.RawMessage) (string, error) {
	var order struct {
		UserID string `json:"userId"`
	}
	if err := json.Unmarshal(input, &order); err != nil || order.UserID == "" {
		return "", Failure{"Analytics.InvalidUserId", "there is no user without an id"}
	}
	return order.UserID, nil
}
