"""python -m ablations.run [STUDY]: train what a study still lacks, then draw it; without a name, list the studies.

Exit codes: 0 done, 1 some runs failed or are left, 2 wrong use.
"""

from collections.abc import Sequence

from ablations._command import run_command
from ablations._find import check_name
from ablations._options import DEFAULT_SCALE, Options, options_parser
from ablations._site import check_cluster
from slurm.commands import is_login_node


def main(arguments: Sequence[str]) -> int:
    """The command; returns its exit code."""
    options = options_parser(__doc__.splitlines()[0]).parse_args(arguments, Options())
    if options.study is None:
        from ablations._list import print_studies

        return print_studies(options.results)
    check_name(options.study)
    check_cluster(options)
    options.scale = options.scale or DEFAULT_SCALE[options.cluster]
    if options.cluster != "slurm" and is_login_node() and not (options.here or options.dry_run):
        raise ValueError("jobs are submitted from this machine, a login node: --cluster slurm, or --here to train here")
    if options.against:
        from ablations._against import against

        return against(options, arguments)
    if options.set:
        from ablations._derive import write_derived

        options.study = str(write_derived(options.study, options.set, options.scale))
        print(f"derived study: {options.study}")
    from ablations._run import run_study, run_until_decided

    return run_until_decided(options) if options.until_decided else run_study(options)


if __name__ == "__main__":
    run_command("run", main)
