"""Where it runs: any function over any items, by workers here or on a cluster, which may die at any moment.

What is where, a line an idea; what other rooms call comes first in it:

    the job         job, local, submit, cancel, queue
    an attempt      attempts, history, heartbeat, failures, ends, stop, hard_links
    a worker        worker, child, packing, memory, environment
    several tasks   tasks, meeting
    on SLURM        serve, script, resources, limits, site, names, commands, share
"""
