"""A small client in C and one in Cython, compiled against the header and run."""

import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np
import pytest

import fastact as fa

COMPILER = (sysconfig.get_config_var("CC") or "cc").split()
X = np.linspace(-9, 9, 1001)

C_CLIENT = r"""
#include <Python.h>
#include <fastact_api.h>
#include <string.h>

/* call(name, dtype, first, second or None, out, parameters or None): the result of fastact->call. */
static PyObject *run(PyObject *self, PyObject *arguments)
{
    const char *name;
    int dtype, code;
    Py_buffer first, out, second = {0}, parameters = {0};
    PyObject *second_object, *parameters_object;
    if (!PyArg_ParseTuple(arguments, "siy*Ow*O", &name, &dtype, &first, &second_object, &out, &parameters_object))
        return NULL;
    if (second_object != Py_None && PyObject_GetBuffer(second_object, &second, PyBUF_SIMPLE) < 0) return NULL;
    if (parameters_object != Py_None && PyObject_GetBuffer(parameters_object, &parameters, PyBUF_SIMPLE) < 0)
        return NULL;
    const int function = fastact->find(name);
    const ptrdiff_t sizes[] = {4, 8, 2, 2};
    const ptrdiff_t n = out.len / (dtype >= 0 && dtype < 4 ? sizes[dtype] : 1);
    Py_BEGIN_ALLOW_THREADS
    code = fastact->call(function, dtype, first.buf, second.buf, out.buf, n, parameters.buf, 2);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&first);
    PyBuffer_Release(&out);
    if (second.obj) PyBuffer_Release(&second);
    if (parameters.obj) PyBuffer_Release(&parameters);
    return PyLong_FromLong(code);
}

static PyObject *describe(PyObject *self, PyObject *name)
{
    const int function = fastact->find(PyUnicode_AsUTF8(name));
    return Py_BuildValue("iiii", fastact->version, function, fastact->input_count(function),
                         fastact->parameter_count(function));
}

static PyObject *one(PyObject *self, PyObject *arguments)
{
    const char *name;
    int dtype;
    double first, second, parameter0, parameter1;
    if (!PyArg_ParseTuple(arguments, "sidddd", &name, &dtype, &first, &second, &parameter0, &parameter1)) return NULL;
    return PyFloat_FromDouble(fastact->one(fastact->find(name), dtype, first, second, parameter0, parameter1));
}

/* The two short forms, which need no table. */
static PyObject *silu_and_back(PyObject *self, PyObject *arguments)
{
    Py_buffer x, y;
    const double beta = 1.0;
    if (!PyArg_ParseTuple(arguments, "y*w*", &x, &y)) return NULL;
    int code = fastact_forward(fastact->find("silu"), FASTACT_FLOAT64, x.buf, y.buf, y.len / 8, NULL);
    if (code == FASTACT_DONE)
        code = fastact_backward(fastact->find("silu_backward"), FASTACT_FLOAT64, y.buf, x.buf, y.buf, y.len / 8, &beta);
    PyBuffer_Release(&x);
    PyBuffer_Release(&y);
    return PyLong_FromLong(code);
}

static PyMethodDef METHODS[] = {{"run", run, METH_VARARGS, NULL},
                                {"describe", describe, METH_O, NULL},
                                {"one", one, METH_VARARGS, NULL},
                                {"silu_and_back", silu_and_back, METH_VARARGS, NULL},
                                {NULL, NULL, 0, NULL}};
static struct PyModuleDef MODULE = {PyModuleDef_HEAD_INIT, "c_client", NULL, -1, METHODS, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_c_client(void)
{
    if (fastact_import() < 0) return NULL;
    return PyModule_Create(&MODULE);
}
"""

CYTHON_CLIENT = """
# cython: language_level=3
from fastact cimport FASTACT_DONE, FASTACT_FLOAT64, fastact, fastact_backward, fastact_forward, fastact_import

fastact_import()

cdef int GELU = fastact.find("gelu"), GELU_BACKWARD = fastact.find("gelu_backward"), ELU = fastact.find("elu")


def gelu_and_back(const double[::1] x, double[::1] y, double[::1] dx):
    cdef int code
    with nogil:
        code = fastact_forward(GELU, FASTACT_FLOAT64, &x[0], &y[0], x.shape[0], NULL)
        if code == FASTACT_DONE:
            code = fastact_backward(GELU_BACKWARD, FASTACT_FLOAT64, &y[0], &x[0], &dx[0], x.shape[0], NULL)
    return code


def elu(double x, double alpha):
    return fastact.one(ELU, FASTACT_FLOAT64, x, 0, alpha, 0)
"""


def imported(name, folder):
    (library,) = folder.glob(f"{name}*{sysconfig.get_config_var('EXT_SUFFIX')}")
    spec = importlib.util.spec_from_file_location(name, library)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    if os.name != "posix" or shutil.which(COMPILER[0]) is None:
        pytest.skip("the client is compiled by a C compiler with POSIX's options")
    folder = tmp_path_factory.mktemp("c")
    (folder / "client.c").write_text(C_CLIENT)
    output = folder / f"c_client{sysconfig.get_config_var('EXT_SUFFIX')}"
    includes = [f"-I{one}" for one in (sysconfig.get_path("include"), fa.get_include())]
    options = ["-shared", "-fPIC", "-std=c11", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror"]
    if sys.platform == "darwin":
        options += ["-undefined", "dynamic_lookup"]
    subprocess.run([*COMPILER, *options, *includes, folder / "client.c", "-o", output], check=True)
    return imported("c_client", folder)


def test_the_header_is_there():
    assert (Path(fa.get_include()) / "fastact_api.h").is_file()
    assert (Path(fa.__file__).parent / "__init__.pxd").is_file()


def test_every_function_by_name(client):
    for number, record in enumerate(fa.activations.values()):
        if record.kind != "elementwise":
            continue
        for function in (record.forward, record.backward, record.backward_from_output):
            if function is not None:
                version, found, inputs, parameters = client.describe(function.__name__)
                assert version == 1
                assert found >= 0, number
                assert inputs == 1 + (function is not record.forward)
                assert parameters == len(record.parameters)
    assert client.describe("gelu_tanh")[1:] != client.describe("gelu")[1:]
    for name in ("", "gelu_", "gelu_backward_from_output", "_backward", "mish2"):
        assert client.describe(name)[1:] == (-1, -1, -1)


@pytest.mark.parametrize(("number", "dtype"), [(0, np.float32), (1, np.float64), (2, np.float16)])
def test_calls(client, number, dtype):
    x = X.astype(dtype)
    grad, y = x[::-1].copy(), np.empty_like(x)
    assert client.run("gelu", number, x, None, y, None) == 0
    assert np.array_equal(y, fa.gelu(x))
    assert client.run("mish_backward", number, grad, x, y, None) == 0
    assert np.array_equal(y, fa.mish_backward(grad, x))
    assert client.run("hardtanh", number, x, None, y, np.array([-2.0, 3.0])) == 0
    assert np.array_equal(y, fa.hardtanh(x, -2.0, 3.0))
    assert client.run("silu", number, x, None, x, None) == 0
    assert np.array_equal(x, fa.silu(X.astype(dtype)))
    many = np.resize(X.astype(dtype), 300_000)
    out = np.empty_like(many)
    assert client.run("sigmoid", number, many, None, out, None) == 0
    assert np.array_equal(out, fa.sigmoid(many))


def test_refusals(client):
    out = np.full(3, 7.0)
    x = np.ones(3)
    assert client.run("nothing", 1, x, None, out, None) == -1
    assert client.run("gelu", 4, x, None, out, None) == -2
    assert client.run("gelu", -1, x, None, out, None) == -2
    assert client.run("softplus", 1, x, None, out, np.zeros(1)) == -3
    assert client.run("prelu", 1, x, None, out, None) == -3
    assert client.run("hardtanh", 1, x, None, out, np.array([1.0, -1.0])) == -3
    assert client.run("elu_backward_from_output", 1, x, x, out, np.array([-1.0])) == -3
    assert client.run("gelu", 1, x[:0], None, out[:0], None) == 0
    assert out.tolist() == [7, 7, 7]


def test_one(client):
    for dtype, kind in ((0, np.float32), (1, np.float64)):
        assert client.one("gelu", dtype, 1.1, 0, 0, 0) == fa.gelu(np.array([1.1], kind))[0]
        expected = fa.elu_backward(np.array([2.0], kind), np.array([-0.3], kind), 1.5)[0]
        assert client.one("elu_backward", dtype, 2.0, -0.3, 1.5, 0) == expected
    for refused in (("nothing", 1, 1, 1, 1, 1), ("softplus", 1, 1, 1, 0, 0), ("gelu", 2, 1, 1, 1, 1)):
        assert np.isnan(client.one(*refused))


def test_short_forms(client):
    y = np.empty_like(X)
    assert client.silu_and_back(X, y) == 0
    assert np.array_equal(y, fa.silu_backward(fa.silu(X), X))


def test_cython(tmp_path):
    pytest.importorskip("Cython")
    pytest.importorskip("setuptools")
    (tmp_path / "cython_client.pyx").write_text(CYTHON_CLIENT)
    (tmp_path / "setup.py").write_text(
        "import fastact\n"
        "from Cython.Build import cythonize\n"
        "from setuptools import Extension, setup\n"
        "client = Extension('cython_client', ['cython_client.pyx'], include_dirs=[fastact.get_include()])\n"
        "setup(name='cython_client', ext_modules=cythonize([client]))\n"
    )
    paths = os.pathsep.join([str(Path(fa.__file__).parents[1]), *sys.path])
    done = subprocess.run(
        [sys.executable, "setup.py", "-q", "build_ext", "--inplace"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": paths, "CFLAGS": "-O0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    client = imported("cython_client", tmp_path)
    y, dx = np.empty_like(X), np.empty_like(X)
    assert client.gelu_and_back(X, y, dx) == 0
    assert np.array_equal(y, fa.gelu(X))
    assert np.array_equal(dx, fa.gelu_backward(y, X))
    assert client.elu(-1.0, 2.0) == fa.elu(np.array([-1.0]), 2.0)[0]
