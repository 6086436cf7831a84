"""The voices that come with ticktalk: data, one folder each."""
