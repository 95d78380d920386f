package agent

import "time"

// Zone is the agent's time zone: that of the preferences, else of the quiet hours, else of the profile, else UTC. A name
// that is no IANA zone is passed over; unknown tells how many were.
func (c Contact) Zone() (zone *time.Location, unknown int) {
	return firstZone(c.Preferences.Timezone, c.Preferences.QuietHours.Timezone, c.Profile.Timezone)
}

// QuietZone is the time zone of the agent's quiet hours: their own, else the agent's.
func (c Contact) QuietZone() (zone *time.Location, unknown int) {
	return firstZone(c.Preferences.QuietHours.Timezone, c.Preferences.Timezone, c.Profile.Timezone)
}

// firstZone is the first that is known of some names, of which empty ones do not count.
func firstZone(names ...string) (zone *time.Location, unknown int) {
	for _, name := range names {
		if name == "" {
			continue
		}
		if zone, err := time.LoadLocation(name); err == nil && name != "Local" {
			return zone, unknown
		}
		unknown++
	}
	return time.UTC, unknown
}
