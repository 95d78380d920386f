package template

// readBucket passes over who may do what with a bucket, how its objects are encrypted, and that it keeps their old versions:
// in the local cloud there is one account, and nothing asks for an old version.
func (r *reader) readBucket(res *resource, p *properties) {
	p.ignore(tags, "BucketName", "PublicAccessBlockConfiguration", "BucketEncryption", "VersioningConfiguration", "OwnershipControls")
	r.stack.Buckets = append(r.stack.Buckets, Bucket{Resource: r.header(res)})
}
