"""What `from tiphys import argo` shows: the powers of Argo, said beside the real kfp SDK."""
