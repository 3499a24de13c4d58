from numpy import ufunc

__all__: list[str]

def __getattr__(name: str) -> ufunc: ...
