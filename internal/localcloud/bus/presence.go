package bus

// HasBus tells whether there is a bus of a name.
func (b *Bus) HasBus(name string) bool {
	b.admin.Lock()
	defer b.admin.Unlock()
	_, found := b.catalogue.buses[name]
	return found
}

// HasRule tells whether there is a rule of a name on a bus.
func (b *Bus) HasRule(name, bus string) bool {
	b.admin.Lock()
	defer b.admin.Unlock()
	_, _, err := b.rule(name, bus)
	return err == nil
}

// HasArchive tells whether there is an archive of a name.
func (b *Bus) HasArchive(name string) bool {
	b.admin.Lock()
	defer b.admin.Unlock()
	_, found := b.catalogue.archives[name]
	return found
}

// TargetIDs are the ids of a rule's targets; none if it is not there.
func (b *Bus) TargetIDs(rule, bus string) []string {
	b.admin.Lock()
	defer b.admin.Unlock()
	_, found, err := b.rule(rule, bus)
	if err != nil {
		return nil
	}
	ids := make([]string, len(found.Targets))
	for i, target := range found.Targets {
		ids[i] = target.Target.ID
	}
	return ids
}
