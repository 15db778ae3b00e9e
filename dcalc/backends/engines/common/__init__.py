"""What backends share that compute with other people's libraries."""
