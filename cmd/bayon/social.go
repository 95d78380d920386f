package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/social"
)

type socialCommand struct {
	JSON bool `help:"One JSON array, for programs." name:"json"`
}

// Help is shown with the command's flags.
func (*socialCommand) Help() string {
	return `The local cloud stands in for Facebook, Instagram, LinkedIn, X, and the platform's blog and newsletter services; nothing
leaves the machine. Functions reach them when the template declares the variables FACEBOOK_BASE_URL, INSTAGRAM_BASE_URL,
LINKEDIN_BASE_URL, X_BASE_URL, BLOG_URL and NEWSLETTER_URL for them. Any token and any account will do.

Examples:
  bayon social                   what was posted where
  bayon social --json            everything, as one JSON array, for programs

Those that ask for trouble, by how they begin:
  a token     revoked…           401
  an account  forbidden…         403
              limited…           429, with Retry-After
              broken…            503
              slow…              posted, and answered after 5 seconds
              cut…               posted, and the connection cut without an answer
An image cannot be fetched if its URL has missing in it, and Instagram cannot make anything of one with unreadable in it. The
numbers of a post with the word falling in its text are halved when they are read again. X, blog and newsletter are told
no account: there it is the one that the owner of the token posts to, as the functions' table tells it. If nobody there has the
token, its beginning counts in place of the account's.`
}

func (c *socialCommand) Run(ctx context.Context, line *commandLine) error {
	posts, err := line.console().Posts(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(posts)
	}
	return listPosts(os.Stdout, posts)
}

// shownText is how many characters of a post a list shows.
const shownText = 60

// listPosts writes a table with one post a line.
func listPosts(output io.Writer, posts []social.Post) error {
	if len(posts) == 0 {
		_, err := fmt.Fprintln(output, "Nothing was posted.")
		return err
	}
	table := tabwriter.NewWriter(output, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NUMBER\tPOSTED\tPLATFORM\tACCOUNT\tIMAGES\tTEXT")
	for _, post := range posts {
		text := []rune(oneLine(post.Text))
		if len(text) > shownText {
			text = append(text[:shownText-1], '…')
		}
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%d\t%s\n", post.Number, post.PostedAt.Format("2006-01-02 15:04:05Z"), post.Platform,
			oneLine(post.AccountID), len(post.Images), string(text))
	}
	return table.Flush()
}
