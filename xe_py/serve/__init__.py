"""XenAPI over a state: `xe-py serve`. No plain command loads this part, and only it needs the extra `serve`."""
