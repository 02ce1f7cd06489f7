#!/usr/bin/env bash
# Greets: the input on standard input, the output on standard output.
input=$(cat)
name=$(jq -r '.name // ""' <<<"$input")
if [ -z "$name" ]; then
    echo "Greeting.NoName: a greeting needs a name" >&2
    exit 1
fi
sleep "$(jq -r '.seconds // 0' <<<"$input")" # some greetings take their time
jq -n --arg text "Hello, $name!" '{text: $text}'
