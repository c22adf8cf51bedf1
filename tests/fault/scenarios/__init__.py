"""The scenarios by name, in the order in which they run."""


class Skip(Exception):
    """The machine cannot run a scenario; the text says why."""


from scenarios import abuse, bad_start, ceremony, elections, follow, kills, outages, payout, skew, sync, twins, upgrade  # noqa: E402

SCENARIOS = {
    "bad-start": bad_start.bad_start,
    "ceremony": ceremony.ceremony,
    "first-start": kills.first_start,
    "kill-with-pool": kills.kill_with_pool,
    "kill-under-load": kills.kill_under_load,
    "kill-all": kills.kill_all,
    "one-down": outages.one_down,
    "two-down": outages.two_down,
    "pause": outages.pause,
    "partition": outages.partition,
    "follow": follow.follow,
    "sync": sync.sync,
    "clock-skew": skew.clock_skew,
    "rotation": elections.rotation,
    "absent-players": elections.absent_players,
    "late-joiner": elections.late_joiner,
    "first-epochs": elections.first_epochs,
    "payout": payout.payout,
    "upgrade": upgrade.upgrade,
    "twins": twins.twins,
    "malformed": abuse.malformed,
}
