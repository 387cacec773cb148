"""Cards that prove-chain has to refuse: of another bank under the same root and region, of a bank with the same identifier in another
region, a PSAM of another root, and a PSAM that was washed after a group was retired. Each is good where it belongs."""

import copy
import shutil

from chain import Chain, identifier

BANK = ["site-init", "seed-member", "private-keys", "delivery-member", "card-intake", "receive-mkc", "load-private",
        "issue-user-card"]
WASHING = ["site-init", "root-generate", "seed-generate", "seed-psam", "card-intake", "card-wash", "issue-rmkc", "card-intake",
           "psam-wash"]
RETIRED = 5


class Beside(Chain):
    """Another member bank in the chain of another one; in another region where asked, and then with the same bank identifier."""

    def __init__(self, build, of, elsewhere):
        self.reader, self.psams, self.users, self.pairs = of.reader, 0, 1, (1, 1)
        self.to_region, self.to_member, self.for_psams = of.to_region, of.to_member, of.for_psams
        self.region = identifier() if elsewhere else of.region
        self.bank = of.bank if elsewhere else identifier()
        self.national, self.regional, self.mothers = of.national, of.regional, of.mothers
        self.elsewhere = elsewhere
        if elsewhere:
            self.found_region(build)
        self.found_member(build)
        self.own = [self.regional, self.member] if elsewhere else [self.member]

    def hold_all(self):
        """[(what, done)] up to the first that failed."""
        acts = [("its BKC", lambda: self.national.hold(["issue-bkc"], reader=self.reader)), ("", self.travel_to_region),
                ("its region", self.hold_regional)] if self.elsewhere else \
               [("its MKC", lambda: self.regional.hold(["issue-mkc"], reader=self.reader))]
        acts += [("", self.travel_to_bank), ("its bank", lambda: self.hold_member(BANK))]
        for what, act in acts:
            done = act()
            if done is not None and done.returncode != 0:
                return what, done
        return "", done


def laboratory(build, of=None):
    """A national centre that washes one PSAM: of a root of its own, or of the same root after a group was retired."""
    chain = Chain(build, psams=1, users=1, pairs=(0, 0))
    for centre in chain.centres[1:]:
        shutil.rmtree(centre.folder)
    centre = chain.national
    centre.answers["answers"]["card-intake"][0]["quantity"] = centre.answers["answers"]["card-wash"]["quantity"] = "2"
    if of is not None:
        centre.answers["answers"]["root-generate"] = copy.deepcopy(of.national.answers["answers"]["root-generate"])
        centre.answers["answers"]["root-generate"]["groups"] = ",".join(str(g) for g in of.national.groups if g != RETIRED)
    return centre, centre.hold(WASHING, reader=of.reader if of else "sim")


def psam_of(centre):
    return next(number for number, name in centre.inventory().items() if name.startswith("psam"))


def user_of(centre):
    return next(number for number, name in centre.inventory().items() if name.startswith("user"))
