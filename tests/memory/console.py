"""The way through the console to where a component is asked for."""


def go_on(console, centre):
    console.wait("Go on with the last")
    console.key("Enter")
    console.wait("Who is here?")
    console.key("Down", "Down", "Enter")
    console.wait("陈 Chen types the passphrase")
    console.type(centre.people["chen"]["passphrase"])
    console.key("Enter")
    console.wait("陈 Chen is signed in", "● 陈 Chen")
    console.key("Escape")
    console.wait("Go on with ROOT")
    console.key("Enter")
    for person, name in (("wang", "王 Wang"), ("li", "李 Li")):
        console.wait(f"{name} types the passphrase")
        console.type(centre.people[person]["passphrase"])
        console.key("Enter")
    console.wait("0 of ")
